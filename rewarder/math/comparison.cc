#include "rewarder/math/comparison.h"

#include <algorithm>

#include "rewarder/math/statement.h"
#include "rewarder/math/text_answer.h"

namespace gyre::rewarder::math {
namespace {

constexpr int kMaximumComparisonDepth = 40;

bool IsSet(Kind kind) {
  return kind == Kind::kSet || kind == Kind::kUnion || kind == Kind::kIntersection ||
         kind == Kind::kDifference || kind == Kind::kNamedSet || kind == Kind::kEmptySet ||
         kind == Kind::kSetBuilder;
}

const Node* Difference(const Node* left, const Node* right, NodeStore& store) {
  return store.Add(Kind::kAdd, {left, store.Add(Kind::kNegate, {right})});
}

// f(x) and f(t) name the same function; x_1 and x_1 the same symbol.
bool NamesTheSame(const Node& a, const Node& b) {
  if (SameTree(a, b) || a.kind == Kind::kText || b.kind == Kind::kText) return true;
  return a.kind == Kind::kApply && b.kind == Kind::kApply && a.name == b.name &&
         a.children.size() == b.children.size() && a.children[0]->kind == Kind::kSymbol &&
         b.children[0]->kind == Kind::kSymbol;
}

}  // namespace

bool IsValue(const Node& node) {
  switch (node.kind) {
    case Kind::kBrackets:
    case Kind::kList:
    case Kind::kSet:
    case Kind::kSetBuilder:
    case Kind::kUnion:
    case Kind::kIntersection:
    case Kind::kDifference:
    case Kind::kNamedSet:
    case Kind::kEmptySet:
    case Kind::kMatrix:
    case Kind::kRelation:
    case Kind::kRatio:
    case Kind::kText:
    case Kind::kEllipsis:
      return false;
    default:
      return true;
  }
}

Finding Comparison::Compare(const Node& gold, const Node& answer) {
  if (!budget_.Take(10) || depth_ > kMaximumComparisonDepth) return kNobodyCanTell;
  if (SameTree(gold, answer)) return {Sameness::kEqual, "same form"};
  ++depth_;
  const Finding finding = gold.kind == Kind::kRelation || answer.kind == Kind::kRelation
                              ? CompareStatements(gold, answer)
                              : CompareThings(gold, answer);
  --depth_;
  return finding;
}

Finding Comparison::CompareStatements(const Node& gold, const Node& answer) {
  const Statement left = ReadStatement(&gold, store_), right = ReadStatement(&answer, store_);
  if (store_.is_full()) return kNobodyCanTell;
  const bool left_names = left.kind == StatementKind::kAssignment;
  const bool right_names = right.kind == StatementKind::kAssignment;
  if (left.kind == StatementKind::kInequality || right.kind == StatementKind::kInequality) {
    if (left.kind == right.kind) return CompareInequalities(gold, answer);
    // A membership x ∈ S says the same as an inequality can; x = 3 does not.
    const bool left_is_set = left.kind == StatementKind::kThing || (left_names && gold.name == "i");
    const bool right_is_set =
        right.kind == StatementKind::kThing || (right_names && answer.name == "i");
    const bool may = preset_.interval_may_be_inequality || right_is_set;
    if (!left_is_set && !right_is_set) return kOfDifferentKinds;
    return may ? CompareAsSets(gold, answer) : kOfDifferentKinds;
  }
  if (left_names && right_names) {
    return CompareAssignments(left.name, *left.thing, right.name, *right.thing);
  }
  const bool left_is_equation = left.kind == StatementKind::kEquation;
  const bool right_is_equation = right.kind == StatementKind::kEquation;
  if (left_is_equation || right_is_equation) {
    const bool may = (left_is_equation || left_names) && (right_is_equation || right_names);
    if (!may) return kOfDifferentKinds;
    const Node* one = left_is_equation ? left.relation
                                       : store_.Add(Kind::kRelation, {left.name, left.thing}, "=");
    const Node* other = right_is_equation
                            ? right.relation
                            : store_.Add(Kind::kRelation, {right.name, right.thing}, "=");
    return CompareAsEquations(*one, *other);
  }
  if ((left_names || right_names) && !preset_.name_may_be_left_out) return kOfDifferentKinds;
  const bool is_same = left.thing == &gold && right.thing == &answer;
  return is_same ? CompareThings(gold, answer) : Compare(*left.thing, *right.thing);
}

Finding Comparison::CompareAssignments(const Node* gold_name, const Node& gold,
                                       const Node* answer_name, const Node& answer) {
  if (NamesTheSame(*gold_name, *answer_name)) {
    const Node* renamed = &answer;
    const bool differ = gold_name->kind == Kind::kApply && answer_name->kind == Kind::kApply &&
                        gold_name->children[0]->kind == Kind::kSymbol &&
                        answer_name->children[0]->kind == Kind::kSymbol;
    if (differ)
      renamed = Substitute(&answer, answer_name->children[0]->name, gold_name->children[0], store_);
    return store_.is_full() ? kNobodyCanTell : Compare(gold, *renamed);
  }
  if (gold_name->kind == answer_name->kind && gold_name->kind == Kind::kBrackets) {
    return CompareInOrder(gold_name->children, answer_name->children).sameness == Sameness::kEqual
               ? Compare(gold, answer)
               : kOfDifferentKinds;
  }
  if (!IsValue(gold) || !IsValue(answer) || !IsValue(*gold_name) || !IsValue(*answer_name)) {
    return {Sameness::kDifferent, "other names"};
  }
  return CompareAsEquations(*store_.Add(Kind::kRelation, {gold_name, &gold}, "="),
                            *store_.Add(Kind::kRelation, {answer_name, &answer}, "="));
}

Finding Comparison::CompareAsEquations(const Node& gold, const Node& answer) {
  for (const Node* side :
       {gold.children[0], gold.children[1], answer.children[0], answer.children[1]}) {
    if (IsValue(*side)) continue;
    // Points, sets, words: side by side.
    const Finding straight = CompareInOrder(gold.children, answer.children);
    if (straight.sameness == Sameness::kEqual) return straight;
    return CompareInOrder(gold.children, {answer.children[1], answer.children[0]});
  }
  int sign = 0;
  return CompareUpToFactor(*Difference(gold.children[0], gold.children[1], store_),
                           *Difference(answer.children[0], answer.children[1], store_), store_,
                           budget_, &sign);
}

Finding Comparison::CompareInequalities(const Node& gold, const Node& answer) {
  if (gold.children.size() == 2 && answer.children.size() == 2) {
    const char gold_sign = gold.name[0], answer_sign = answer.name[0];
    bool are_values = true;
    for (const Node* side :
         {gold.children[0], gold.children[1], answer.children[0], answer.children[1]}) {
      are_values = are_values && IsValue(*side) && !Contains(*side, Kind::kInfinity);
    }
    int sign = 0;
    const Finding sides =
        !are_values ? kNobodyCanTell
                    : CompareUpToFactor(*Difference(gold.children[0], gold.children[1], store_),
                                        *Difference(answer.children[0], answer.children[1], store_),
                                        store_, budget_, &sign);
    if (sides.sameness == Sameness::kEqual && sign != 0) {
      const std::string turned = sign > 0 ? "<>lg!=" : "><gl!=";
      const size_t place = std::string("<>lg!=").find(answer_sign);
      const bool is_same = place != std::string::npos && turned[place] == gold_sign;
      return {is_same ? Sameness::kEqual : Sameness::kDifferent, "inequality"};
    }
  }
  const Finding as_sets = CompareAsSets(gold, answer);
  if (as_sets.sameness != Sameness::kUnknown) return as_sets;
  // f(2) < f(1) < f(4), side by side, from the left or from the right.
  if (gold.children.size() != answer.children.size()) return {Sameness::kUnknown, "cannot tell"};
  if (gold.name == answer.name) return CompareInOrder(gold.children, answer.children);
  std::string turned(answer.name.rbegin(), answer.name.rend());
  for (char& sign : turned)
    sign = sign == '<' ? '>' : sign == '>' ? '<' : sign == 'l' ? 'g' : sign == 'g' ? 'l' : sign;
  if (gold.name != turned) return {Sameness::kDifferent, "inequality"};
  return CompareInOrder(gold.children, Nodes(answer.children.rbegin(), answer.children.rend()));
}

Finding Comparison::CompareTexts(const Node& gold, const Node& answer) {
  if (gold.kind != answer.kind) return kOfDifferentKinds;
  const bool are_same = FoldedText(gold.name) == FoldedText(answer.name);
  return {are_same ? Sameness::kEqual : Sameness::kDifferent, "words"};
}

Finding Comparison::CompareThings(const Node& gold, const Node& answer) {
  const Kind left = gold.kind, right = answer.kind;
  if (left == Kind::kText || right == Kind::kText) return CompareTexts(gold, answer);
  if (left == Kind::kList || right == Kind::kList) return CompareLists(gold, answer);
  if (left == Kind::kMatrix || right == Kind::kMatrix) return CompareMatrices(gold, answer);
  if (IsSet(left) || IsSet(right)) return CompareSets(gold, answer);
  if (left == Kind::kBrackets || right == Kind::kBrackets) {
    return left == right ? CompareBrackets(gold, answer) : kOfDifferentKinds;
  }
  if (left == Kind::kRatio || right == Kind::kRatio) return CompareRatios(gold, answer);
  if (left == Kind::kEllipsis || right == Kind::kEllipsis) {
    return left == right ? Finding{Sameness::kEqual, "same form"} : kOfDifferentKinds;
  }
  return CompareMeasured(gold, answer);
}

}  // namespace gyre::rewarder::math

// Sets that are given by inequalities.
#include <algorithm>
#include <utility>

#include "rewarder/math/exact_value.h"
#include "rewarder/math/real_set.h"

namespace gyre::rewarder::math {
namespace {

char Flipped(char sign) {
  switch (sign) {
    case '<':
      return '>';
    case '>':
      return '<';
    case 'l':
      return 'g';
    case 'g':
      return 'l';
    default:
      return sign;
  }
}

// The values of an expression at 0, 1 and 2 of its symbol, if they are exact.
bool ValuesAt(const Node& node, const std::string& symbol, Budget& budget, Rational values[3]) {
  const std::set<std::string> none;
  SamplePoint point(0, &none);
  for (int i = 0; i < 3; ++i) {
    point.Bind(symbol, Rational(i));
    const ExactOutcome outcome = ExactValue(node, point, budget, &values[i]);
    point.Release();
    if (outcome != ExactOutcome::kValue) return false;
  }
  return true;
}

// Whether the tree is built of + - × and division by numbers alone, at most linear in the symbol.
bool IsLinearForm(const Node& node, bool* has_symbol) {
  bool below = false;
  switch (node.kind) {
    case Kind::kSymbol:
    case Kind::kText:
    case Kind::kApply:
      *has_symbol = true;
      return true;
    case Kind::kNumber:
      return true;
    case Kind::kAdd:
    case Kind::kNegate:
      for (const Node* child : node.children) {
        if (!IsLinearForm(*child, has_symbol)) return false;
      }
      return true;
    case Kind::kMultiply: {
      int with_symbol = 0;
      for (const Node* child : node.children) {
        bool has = false;
        if (!IsLinearForm(*child, &has)) return false;
        with_symbol += has;
      }
      *has_symbol = *has_symbol || with_symbol > 0;
      return with_symbol <= 1;
    }
    case Kind::kDivide:
      return IsLinearForm(*node.children[0], has_symbol) &&
             IsLinearForm(*node.children[1], &below) && !below;
    default:
      return false;
  }
}

}  // namespace

// All x with x SIGN bound.
std::optional<RealSet> RealSetReader::OfSign(char sign, const Node* bound) {
  const auto end = ReadEnd(*bound);
  if (!end) return std::nullopt;
  Endpoint closed = *end, open = *end;
  closed.is_closed = end->infinite == 0;
  const Endpoint low = {-1, nullptr, false}, high = {1, nullptr, false};
  switch (sign) {
    case '<':
      return Normal({{low, open}});
    case 'l':
      return Normal({{low, closed}});
    case '>':
      return Normal({{open, high}});
    case 'g':
      return Normal({{closed, high}});
    case '=':
      return Normal({{closed, closed}});
    case '!':
      return Normal({{low, open}, {open, high}});
    default:
      return std::nullopt;
  }
}

std::optional<RealSet> RealSetReader::ReadOneRelation(const Node& left, char sign,
                                                      const Node& right) {
  std::set<std::string> symbols;
  CollectSymbols(left, &symbols);
  CollectSymbols(right, &symbols);
  if (sign == 'i') {
    const bool is_name = left.kind == Kind::kSymbol || left.kind == Kind::kApply;
    return is_name ? Read(right) : std::nullopt;
  }
  auto is_alone = [](const Node& node) {
    return node.kind == Kind::kSymbol || node.kind == Kind::kApply || node.kind == Kind::kText;
  };
  if (is_alone(left)) return OfSign(sign, &right);
  if (is_alone(right)) return OfSign(Flipped(sign), &left);
  if (symbols.size() != 1) return std::nullopt;
  return Solve(left, sign, right, *symbols.begin());
}

std::optional<RealSet> RealSetReader::Solve(const Node& left, char sign, const Node& right,
                                            const std::string& symbol) {
  if (right.kind == Kind::kCall && right.name == "abs")
    return Solve(right, Flipped(sign), left, symbol);
  if (left.kind == Kind::kCall && left.name == "abs") {
    const Node* bound = &right;
    const Node* opposite = store_.Add(Kind::kNegate, {bound});
    const Node& inside = *left.children[0];
    const auto one = ReadOneRelation(inside, sign, *bound);
    const auto other = ReadOneRelation(inside, Flipped(sign), *opposite);
    if (!one || !other) return std::nullopt;
    const bool is_inside = sign == '<' || sign == 'l' || sign == '!';
    return is_inside ? Intersection(*one, *other) : Union(*one, *other);
  }
  bool has_symbol = false;
  const Node* difference = store_.Add(Kind::kAdd, {&left, store_.Add(Kind::kNegate, {&right})});
  Rational at[3];
  if (!IsLinearForm(*difference, &has_symbol) || !ValuesAt(*difference, symbol, budget_, at))
    return std::nullopt;
  const Rational slope = at[1] - at[0];
  if (slope.IsZero()) return std::nullopt;
  const Node* zero = store_.AddNumber(-at[0] / slope);
  return OfSign(slope.Sign() > 0 ? sign : Flipped(sign), zero);
}

std::optional<RealSet> RealSetReader::ReadRelation(const Node& relation) {
  std::optional<RealSet> set;
  for (size_t i = 0; i < relation.name.size(); ++i) {
    auto part = ReadOneRelation(*relation.children[i], relation.name[i], *relation.children[i + 1]);
    if (!part) return std::nullopt;
    set = set ? Intersection(*set, *part) : std::move(part);
    if (!set) return std::nullopt;
  }
  return set;
}

// "x < -1 or x > 1" joins; "x > 1 and x < 3" cuts. A comma cuts where something is left.
std::optional<RealSet> RealSetReader::ReadList(const Node& list) {
  std::optional<RealSet> joined, cut;
  std::set<std::string> symbols;
  bool has_relations = false;
  for (const Node* item : list.children) {
    if (item->kind == Kind::kNumber || item->kind == Kind::kSymbol) return std::nullopt;
    has_relations = has_relations || item->kind == Kind::kRelation;
    CollectSymbols(*item, &symbols);
    auto set = Read(*item);
    if (!set) return std::nullopt;
    joined = joined ? Union(*joined, *set) : set;
    cut = cut ? Intersection(*cut, *set) : set;
    if (!joined || !cut) return std::nullopt;
  }
  if (symbols.size() > 1) return std::nullopt;
  if (list.name == "or" || !has_relations) return joined;
  if (list.name == "and") return cut;
  return cut->empty() ? joined : cut;
}

}  // namespace gyre::rewarder::math

// Lists, tuples, sets and matrices.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rewarder/math/comparison.h"
#include "rewarder/math/matrix.h"
#include "rewarder/math/real_set.h"
#include "rewarder/math/statement.h"

namespace gyre::rewarder::math {
namespace {

constexpr size_t kMaximumItems = 200;

bool HasEllipsis(const Nodes& items) {
  return std::any_of(items.begin(), items.end(),
                     [](const Node* item) { return Contains(*item, Kind::kEllipsis); });
}

// Whether every item is name = thing with names that all differ by more than an index: then it
// matters which value belongs to which name.
bool NamesDiffer(const Nodes& items, NodeStore& store) {
  std::vector<std::string> names;
  for (const Node* item : items) {
    const Statement statement = ReadStatement(item, store);
    if (statement.kind != StatementKind::kAssignment) return false;
    const Node& name = *statement.name;
    std::string text = name.name;
    if (name.kind == Kind::kSymbol) text = text.substr(0, text.find('_'));
    for (const Node* child : name.children) text += child->name;
    names.push_back(text);
  }
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

bool HasNames(const Nodes& items, NodeStore& store) {
  return std::any_of(items.begin(), items.end(), [&store](const Node* item) {
    return ReadStatement(item, store).kind == StatementKind::kAssignment;
  });
}

// y = 2, x = 1 stands for (x, y) = (1, 2).
Nodes SortedByName(Nodes items, NodeStore& store) {
  std::vector<std::pair<std::string, const Node*>> named;
  for (const Node* item : items) {
    const Statement statement = ReadStatement(item, store);
    if (statement.kind != StatementKind::kAssignment || statement.name->kind != Kind::kSymbol)
      return items;
    named.emplace_back(statement.name->name, item);
  }
  std::stable_sort(named.begin(), named.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < items.size(); ++i) items[i] = named[i].second;
  return items;
}

// "1,22" may be a decimal.
bool IsDecimalComma(const Node& list) {
  return list.kind == Kind::kList && list.children.size() == 2 && list.name == "," &&
         list.children[0]->kind == Kind::kNumber && list.children[1]->kind == Kind::kNumber &&
         list.children[0]->digits < 0 && list.children[1]->digits < 0;
}

bool AreTuples(const Nodes& items) {
  return std::all_of(items.begin(), items.end(),
                     [](const Node* item) { return item->kind == Kind::kBrackets; });
}

bool IsNumberSet(const Node& node) {
  return node.kind == Kind::kSet && std::all_of(node.children.begin(), node.children.end(),
                                                [](const Node* item) { return IsValue(*item); });
}

}  // namespace

Finding Comparison::CompareInOrder(const Nodes& gold, const Nodes& answer) {
  if (gold.size() != answer.size()) return {Sameness::kDifferent, "other number of items"};
  Finding result = {Sameness::kEqual, "item by item"};
  for (size_t i = 0; i < gold.size(); ++i) {
    const Finding item = Compare(*gold[i], *answer[i]);
    if (item.sameness == Sameness::kDifferent) return {Sameness::kDifferent, "an item differs"};
    if (item.sameness == Sameness::kUnknown) result = kNobodyCanTell;
  }
  return result;
}

Finding Comparison::CompareInAnyOrder(const Nodes& gold, const Nodes& answer) {
  if (gold.size() != answer.size()) return {Sameness::kDifferent, "other number of items"};
  if (gold.size() > kMaximumItems) return kNobodyCanTell;
  std::vector<bool> used(answer.size(), false);
  bool is_known = true;
  for (const Node* wanted : gold) {
    bool is_found = false, may_be_there = false;
    for (size_t i = 0; i < answer.size() && !is_found; ++i) {
      if (used[i]) continue;
      const Finding item = Compare(*wanted, *answer[i]);
      is_found = item.sameness == Sameness::kEqual;
      may_be_there = may_be_there || item.sameness == Sameness::kUnknown;
      if (is_found) used[i] = true;
    }
    if (!is_found && !may_be_there) return {Sameness::kDifferent, "an item differs"};
    is_known = is_known && is_found;
  }
  return is_known ? Finding{Sameness::kEqual, "same items"} : kNobodyCanTell;
}

Finding Comparison::CompareLists(const Node& gold, const Node& answer) {
  if (gold.kind == Kind::kBrackets || answer.kind == Kind::kBrackets) {
    const bool list_is_gold = gold.kind == Kind::kList;
    return CompareListWithBrackets(list_is_gold ? gold : answer, list_is_gold ? answer : gold,
                                   list_is_gold);
  }
  const bool both_list = gold.kind == answer.kind;
  const bool with_set = gold.kind == Kind::kSet || answer.kind == Kind::kSet;
  if (!both_list && !with_set) {
    for (const Node* list : {&gold, &answer}) {
      const Node& other = list == &gold ? answer : gold;
      if (!IsDecimalComma(*list) || !IsValue(other)) continue;
      if (other.kind != Kind::kNumber || other.digits < 1) break;
      const Node* decimal = store_.Add(
          Kind::kAdd, {list->children[0], store_.AddNumber(list->children[1]->number *
                                                           Rational::PowerOfTen(-other.digits))});
      return CompareValues(*decimal, other, store_, budget_);
    }
    if (!IsValue(gold) && !IsValue(answer)) return CompareAsSets(gold, answer);
    return kOfDifferentKinds;
  }
  const Finding ordered = CompareInOrder(gold.children, answer.children);
  if (ordered.sameness == Sameness::kEqual) return ordered;
  if (HasEllipsis(gold.children) || HasEllipsis(answer.children)) return ordered;
  if (both_list && !preset_.lists_have_no_order) return ordered;
  const bool gold_named = HasNames(gold.children, store_),
             answer_named = HasNames(answer.children, store_);
  const bool order_matters = both_list && gold_named != answer_named &&
                             NamesDiffer(gold_named ? gold.children : answer.children, store_);
  if (order_matters) return ordered;
  const Finding unordered = CompareInAnyOrder(gold.children, answer.children);
  if (unordered.sameness == Sameness::kEqual) return unordered;
  const Finding as_sets = CompareAsSets(gold, answer);
  if (as_sets.sameness == Sameness::kEqual) return as_sets;
  const bool has_repeats = gold.children.size() != answer.children.size();
  if (has_repeats && AreTuples(gold.children) && AreTuples(answer.children)) {
    return CompareInAnyOrder(Distinct(gold.children), Distinct(answer.children));
  }
  return unordered;
}

// A point that is listed twice is one point.
Nodes Comparison::Distinct(const Nodes& items) {
  Nodes distinct;
  if (items.size() > kMaximumItems) return items;
  for (const Node* item : items) {
    const bool is_new = std::none_of(distinct.begin(), distinct.end(), [&](const Node* other) {
      return Compare(*item, *other).sameness == Sameness::kEqual;
    });
    if (is_new) distinct.push_back(item);
  }
  return distinct;
}

Finding Comparison::CompareListWithBrackets(const Node& list, const Node& brackets,
                                            bool list_is_gold) {
  if (!preset_.tuple_may_be_list) return kOfDifferentKinds;
  const Nodes items = SortedByName(list.children, store_);
  return list_is_gold ? CompareInOrder(items, brackets.children)
                      : CompareInOrder(brackets.children, items);
}

Finding Comparison::CompareBrackets(const Node& gold, const Node& answer) {
  const size_t size = gold.children.size();
  if (size != answer.children.size()) return {Sameness::kDifferent, "other number of items"};
  if (size == 2 && gold.name != answer.name) {
    const bool are_french = gold.name.find(']') == 0 || answer.name.find(']') == 0;
    return are_french ? CompareAsSets(gold, answer)
                      : Finding{Sameness::kDifferent, "other brackets"};
  }
  return CompareInOrder(gold.children, answer.children);
}

Finding Comparison::CompareAsSets(const Node& gold, const Node& answer) {
  RealSetReader reader(store_, budget_);
  const auto left = reader.Read(gold);
  if (!left) return kNobodyCanTell;
  const auto right = reader.Read(answer);
  if (!right) return kNobodyCanTell;
  return {reader.Compare(*left, *right), "sets of real numbers"};
}

Finding Comparison::CompareSets(const Node& gold, const Node& answer) {
  if (gold.kind == Kind::kSet && answer.kind == Kind::kSet) {
    const Finding items = CompareInAnyOrder(gold.children, answer.children);
    if (items.sameness == Sameness::kEqual || !IsNumberSet(gold) || !IsNumberSet(answer))
      return items;
    const Finding as_sets = CompareAsSets(gold, answer);  // {1, 1} is {1}
    return as_sets.sameness == Sameness::kEqual ? as_sets : items;
  }
  // A set of one thing stands for it.
  if (gold.kind == Kind::kSet && gold.children.size() == 1 &&
      (IsValue(answer) || answer.kind == Kind::kBrackets)) {
    return Compare(*gold.children[0], answer);
  }
  if (answer.kind == Kind::kSet && answer.children.size() == 1 &&
      (IsValue(gold) || gold.kind == Kind::kBrackets)) {
    return Compare(gold, *answer.children[0]);
  }
  if (IsValue(gold) || IsValue(answer)) return kOfDifferentKinds;
  const Finding as_sets = CompareAsSets(gold, answer);
  if (as_sets.sameness != Sameness::kUnknown) return as_sets;
  if (gold.kind == answer.kind && gold.name == answer.name && !gold.children.empty()) {
    const Finding parts = gold.kind == Kind::kUnion || gold.kind == Kind::kIntersection
                              ? CompareInAnyOrder(gold.children, answer.children)
                              : CompareInOrder(gold.children, answer.children);
    if (parts.sameness == Sameness::kEqual) return parts;
    return kNobodyCanTell;
  }
  if (gold.kind == Kind::kNamedSet && answer.kind == Kind::kNamedSet)
    return {Sameness::kDifferent, "other set"};
  return gold.kind == Kind::kBrackets || answer.kind == Kind::kBrackets ||
                 (gold.kind == Kind::kSet) != (answer.kind == Kind::kSet)
             ? kOfDifferentKinds
             : kNobodyCanTell;
}

Finding Comparison::CompareMatrices(const Node& gold, const Node& answer) {
  if (gold.kind == answer.kind) {
    if (gold.rows != answer.rows) return {Sameness::kDifferent, "other shape"};
    return CompareInOrder(gold.children, answer.children);
  }
  const Node& matrix = gold.kind == Kind::kMatrix ? gold : answer;
  const Node& other = gold.kind == Kind::kMatrix ? answer : gold;
  if (matrix.children.size() == 1 && IsValue(other)) return Compare(*matrix.children[0], other);
  if (other.kind != Kind::kBrackets) return kOfDifferentKinds;
  Nodes entries;
  const bool has_rows = other.children[0]->kind == Kind::kBrackets;
  for (const Node* row : other.children) {
    if (!has_rows) {
      entries.push_back(row);
      continue;
    }
    if (row->kind != Kind::kBrackets) return kOfDifferentKinds;
    entries.insert(entries.end(), row->children.begin(), row->children.end());
  }
  const bool fits =
      has_rows ? static_cast<size_t>(matrix.rows) == other.children.size() : IsVector(matrix);
  if (!fits) return {Sameness::kDifferent, "other shape"};
  return gold.kind == Kind::kMatrix ? CompareInOrder(gold.children, entries)
                                    : CompareInOrder(entries, answer.children);
}

}  // namespace gyre::rewarder::math

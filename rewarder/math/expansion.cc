#include "rewarder/math/expansion.h"

#include <algorithm>
#include <utility>

#include "rewarder/math/matrix.h"

namespace gyre::rewarder::math {
namespace {

bool IsCollection(Kind kind) {
  switch (kind) {
    case Kind::kBrackets:
    case Kind::kList:
    case Kind::kSet:
    case Kind::kSetBuilder:
    case Kind::kUnion:
    case Kind::kIntersection:
    case Kind::kDifference:
    case Kind::kRelation:
    case Kind::kRatio:
    case Kind::kWithUnit:
    case Kind::kPercent:
      return true;
    default:
      return false;
  }
}

const Node* Copy(const Node* node, Nodes children, NodeStore& store) {
  Node* copy = store.Add(node->kind, std::move(children), node->name);
  copy->number = node->number;
  copy->rows = node->rows;
  copy->digits = node->digits;
  copy->base = node->base;
  return copy;
}

// The value for the upper signs, or for the lower ones.
const Node* WithSigns(const Node* node, bool is_upper, NodeStore& store) {
  if (node->kind == Kind::kPlusMinus) {
    const Node* of = WithSigns(node->children[0], is_upper, store);
    const bool is_plus = (node->number.Sign() > 0) == is_upper;
    return is_plus ? of : store.Add(Kind::kNegate, {of});
  }
  if (node->children.empty() || store.is_full()) return node;
  Nodes children;
  for (const Node* child : node->children) children.push_back(WithSigns(child, is_upper, store));
  return children == node->children ? node : Copy(node, std::move(children), store);
}

// Items that are lists themselves because of a ± join the list around them.
Nodes Flattened(const Nodes& items, const Nodes& originals) {
  Nodes flat;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool was_expanded = items[i]->kind == Kind::kList && originals[i]->kind != Kind::kList;
    if (was_expanded) {
      flat.insert(flat.end(), items[i]->children.begin(), items[i]->children.end());
    } else {
      flat.push_back(items[i]);
    }
  }
  return flat;
}

// x = ±2 is x = 2 or x = -2.
const Node* Distributed(const Node* relation, NodeStore& store) {
  Nodes both;
  for (const bool is_upper : {true, false}) both.push_back(WithSigns(relation, is_upper, store));
  return store.Add(Kind::kList, both, ",");
}

const Node* ExpandBelow(const Node* node, int depth, NodeStore& store) {
  if (store.is_full() || depth > 200) return node;
  if (node->kind == Kind::kRelation && Contains(*node, Kind::kPlusMinus) &&
      node->children.size() == 2 && node->children[1]->kind != Kind::kSet &&
      node->children[1]->kind != Kind::kList) {
    return Distributed(node, store);
  }
  if (IsCollection(node->kind)) {
    Nodes children;
    for (const Node* child : node->children)
      children.push_back(ExpandBelow(child, depth + 1, store));
    if (node->kind == Kind::kList || node->kind == Kind::kSet)
      children = Flattened(children, node->children);
    return children == node->children ? node : Copy(node, std::move(children), store);
  }
  if (Contains(*node, Kind::kMatrix)) {
    const Node* matrix = MatrixValue(node, store);
    if (matrix != nullptr) return matrix;
  }
  if (!Contains(*node, Kind::kPlusMinus)) return node;
  const Node* upper = WithSigns(node, true, store);
  const Node* lower = WithSigns(node, false, store);
  return store.Add(Kind::kList, {upper, lower}, ",");
}

}  // namespace

const Node* Expand(const Node* node, NodeStore& store) {
  const Node* expanded = ExpandBelow(node, 0, store);
  return store.is_full() ? nullptr : expanded;
}

}  // namespace gyre::rewarder::math

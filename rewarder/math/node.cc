#include "rewarder/math/node.h"

#include <algorithm>
#include <utility>

namespace gyre::rewarder::math {

bool SameTree(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.name != b.name || a.rows != b.rows || a.base != b.base ||
      a.children.size() != b.children.size() || !(a.number == b.number)) {
    return false;
  }
  for (size_t i = 0; i < a.children.size(); ++i) {
    if (!SameTree(*a.children[i], *b.children[i])) return false;
  }
  return true;
}

bool Contains(const Node& node, Kind kind) {
  return node.kind == kind ||
         std::any_of(node.children.begin(), node.children.end(),
                     [kind](const Node* child) { return Contains(*child, kind); });
}

const Node* Substitute(const Node* node, const std::string& symbol, const Node* by,
                       NodeStore& store) {
  if (node->kind == Kind::kSymbol) return node->name == symbol ? by : node;
  Nodes children;
  bool changed = false;
  for (const Node* child : node->children) {
    children.push_back(Substitute(child, symbol, by, store));
    changed = changed || children.back() != child;
  }
  if (!changed) return node;
  Node* copy = store.Add(node->kind, std::move(children), node->name);
  copy->number = node->number;
  copy->rows = node->rows;
  return copy;
}

}  // namespace gyre::rewarder::math

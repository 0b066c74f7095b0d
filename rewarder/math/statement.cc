#include "rewarder/math/statement.h"

#include <algorithm>
#include <set>

#include "rewarder/math/sample_point.h"

namespace gyre::rewarder::math {
namespace {

bool AreNames(const Nodes& nodes) {
  return std::all_of(nodes.begin(), nodes.end(), [](const Node* node) { return IsName(*node); });
}

bool HasNoSymbols(const Node& node) {
  std::set<std::string> symbols;
  CollectSymbols(node, &symbols);
  return symbols.empty();
}

Statement Thing(const Node* node) { return {StatementKind::kThing, nullptr, node, nullptr}; }

Statement Assignment(const Node* name, const Node* thing) {
  return {StatementKind::kAssignment, name, thing, nullptr};
}

bool IsOrder(char sign) {
  return sign == '<' || sign == '>' || sign == 'l' || sign == 'g' || sign == '!';
}

}  // namespace

bool IsName(const Node& node) {
  switch (node.kind) {
    case Kind::kSymbol:
    case Kind::kText:
    case Kind::kApply:
    case Kind::kEuler:
    case Kind::kImaginary:
      return true;
    case Kind::kMultiply:
    case Kind::kDivide:
    case Kind::kRatio:
    case Kind::kBrackets:
    case Kind::kList:
      return AreNames(node.children);
    case Kind::kPower:  // f^{-1}(x)
      return node.children[0]->kind == Kind::kSymbol && node.children[1]->kind == Kind::kNegate;
    case Kind::kCall:
      return (node.name == "abs" || node.name == "norm" || node.name == "det" ||
              node.name == "conj" || node.name == "re" || node.name == "im" || node.name == "arg" ||
              node.name == "max" || node.name == "min") &&
             AreNames(node.children);
    case Kind::kWithUnit:
      return AreNames(node.children);
    default:
      return false;
  }
}

Statement ReadStatement(const Node* node, NodeStore& store) {
  if (node->kind != Kind::kRelation) return Thing(node);
  const std::string& signs = node->name;
  const Nodes& sides = node->children;
  if (std::any_of(signs.begin(), signs.end(), IsOrder)) {
    return {StatementKind::kInequality, nullptr, nullptr, node};
  }
  if (const size_t in = signs.find('i'); in != std::string::npos) {
    return in == 0 && signs.size() == 1 ? Assignment(sides[0], sides[1]) : Thing(node);
  }
  // What follows ≈ is only nearly so, except where the first side is but a name.
  size_t last = signs.size();
  const size_t nearly = signs.find('~');
  if (nearly != std::string::npos) {
    last = nearly == 0 && IsName(*sides[0]) ? 1 : nearly;
  }
  if (last == 0) return Thing(sides[0]);
  if (IsName(*sides[0])) return Assignment(sides[0], sides[last]);
  if (last == 1 && IsName(*sides[1]) && HasNoSymbols(*sides[0]))
    return Assignment(sides[1], sides[0]);
  bool are_constant = true;
  for (size_t i = 0; i <= last; ++i) are_constant = are_constant && HasNoSymbols(*sides[i]);
  if (are_constant) {
    // 1 = x = 0: the name may stand anywhere.
    return Thing(sides[last]);
  }
  for (size_t i = 1; i < last; ++i) {
    if (IsName(*sides[i])) return Assignment(sides[i], sides[last]);
  }
  const Node* equation = store.Add(Kind::kRelation, {sides[0], sides[last]}, "=");
  return {StatementKind::kEquation, nullptr, nullptr, equation};
}

}  // namespace gyre::rewarder::math

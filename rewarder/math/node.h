#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "rewarder/math/rational.h"

namespace gyre::rewarder::math {

// What a node is. The comment says what its children and its other members mean.
enum class Kind : uint8_t {
  kNumber,     // number; digits: after the decimal point as written, or -1; base if one is named
  kSymbol,     // name: "x", "x_1", "alpha"
  kPi,         //
  kEuler,      // e
  kImaginary,  // i
  kInfinity,   //
  kAdd,        // children
  kMultiply,   // children
  kDivide,     // numerator, denominator
  kNegate,     // child
  kPower,      // base, exponent
  kRoot,       // radicand, index
  kCall,       // name: a function that has a meaning here, "sin"; children: its arguments
  kApply,      // name: a function that has none, "f"; children: its arguments
  kBinder,  // name: "sum", "product", "integral", "limit"; children: as far as they go, variable,
            // lower, upper, body
  kPlusMinus,   // child; number: 1 for ±, -1 for ∓
  kDegrees,     // child
  kPercent,     // child
  kWithUnit,    // child; name: of the unit, as written
  kBrackets,    // children in brackets, a tuple or an interval; name: the two brackets, "(]"
  kList,        // children, without brackets; name: "," ";" "or" "and"
  kSet,         // children
  kSetBuilder,  // what is collected, its conditions
  kUnion,       // children
  kIntersection,
  kDifference,  // two children
  kNamedSet,    // name: "R", "Z", "N", "Q", "C"
  kEmptySet,
  kMatrix,    // children row by row; rows
  kRelation,  // children; name: a character for each sign between them, of < > l g = ! ~ i
  kRatio,     // children: a:b:c
  kText,      // name: words
  kEllipsis,
};

struct Node {
  Kind kind = Kind::kNumber;
  int32_t digits = -1;
  int32_t base = 0;
  int32_t rows = 0;
  bool is_scientific = false;
  std::string name;
  Rational number;
  std::vector<const Node*> children;
};

using Nodes = std::vector<const Node*>;

// Owns nodes; they live as long as it does and may have several parents. It holds a bounded number
// of them: past that the last one is given again and is_full() says so, and whatever was built is
// to be thrown away. Not thread-safe.
class NodeStore {
 public:
  static constexpr size_t kMaximumNodes = 10'000;

  Node* Add(Kind kind, Nodes children = {}, std::string name = {}) {
    if (nodes_.size() >= kMaximumNodes) {
      is_full_ = true;
      nodes_.back() = Node();
      return &nodes_.back();
    }
    Node& node = nodes_.emplace_back();
    node.kind = kind;
    node.children = std::move(children);
    node.name = std::move(name);
    return &node;
  }
  Node* AddNumber(Rational number) {
    Node* node = Add(Kind::kNumber);
    node->number = std::move(number);
    return node;
  }
  bool is_full() const { return is_full_; }

 private:
  std::deque<Node> nodes_;
  bool is_full_ = false;
};

// Whether both are built alike, in the same order. Linear in the smaller one as a tree.
bool SameTree(const Node& a, const Node& b);

// Whether any node of the tree has this kind.
bool Contains(const Node& node, Kind kind);

// Copies of trees in which a node is put in place of all symbols of a name.
const Node* Substitute(const Node* node, const std::string& symbol, const Node* by,
                       NodeStore& store);

}  // namespace gyre::rewarder::math

#pragma once

#include <string>

#include "rewarder/math/node.h"

namespace gyre::rewarder::math {

enum class StatementKind {
  kThing,       // no relation: a value, a set, a tuple, a list …
  kAssignment,  // name = thing, name in set
  kEquation,    // left = right
  kInequality,  // a chain of < > ≤ ≥ ≠
};

// An answer's outermost relation, seen for what it says.
struct Statement {
  StatementKind kind = StatementKind::kThing;
  const Node* name = nullptr;      // of an assignment
  const Node* thing = nullptr;     // of a thing or an assignment
  const Node* relation = nullptr;  // of an equation (two sides) or an inequality
};

// x = 5+5+1 = 11 says x = 11; 2+2 = 4 says 4; √2 ≈ 1.41 says √2; x ∈ S says S of x.
Statement ReadStatement(const Node* node, NodeStore& store);

// Whether a side of an equation only names what the other side is: x, f(x), |AB|, (x, y), NO/BO.
bool IsName(const Node& node);

}  // namespace gyre::rewarder::math

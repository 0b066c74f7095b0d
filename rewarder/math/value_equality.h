#pragma once

#include <cstdint>

#include "rewarder/math/node.h"
#include "rewarder/math/sample_point.h"

namespace gyre::rewarder::math {

enum class Sameness : uint8_t { kEqual, kDifferent, kUnknown };

// What is known, and how.
struct Finding {
  Sameness sameness = Sameness::kUnknown;
  const char* rule = "";  // for people, one of a fixed set (docs/rewards.md)
};

// Whether two expressions have the same value: constants by exact arithmetic, or enclosed to the
// precision at which their difference is known to be zero or not; expressions with symbols at
// sample points, wherever both are real (or defined at all, if they never are). kEqual for numbers
// that differ is impossible where the rule is not "numeric"; "numeric" means that no difference
// shows in kNumericBits bits. Takes no more than the budget.
Finding CompareValues(const Node& a, const Node& b, NodeStore& store, Budget& budget);

// Whether a = c·b for a constant c that is not zero, and the sign of c (0: not known): the test for
// equations and inequalities that are brought to one side.
Finding CompareUpToFactor(const Node& a, const Node& b, NodeStore& store, Budget& budget,
                          int* sign);

// -1, 0 or 1 as a is less than, equal to or more than b, both real constants; 2 if nobody can tell.
int CompareOrder(const Node& a, const Node& b, NodeStore& store, Budget& budget);

inline constexpr int64_t kNumericBits = 3'072;

}  // namespace gyre::rewarder::math

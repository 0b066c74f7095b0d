#pragma once

#include <cstdint>

#include "rewarder/math/ball.h"
#include "rewarder/math/node.h"
#include "rewarder/math/sample_point.h"

namespace gyre::rewarder::math {

// What is known of an expression's value at a point besides the ball.
struct BallFacts {
  // The largest |log2| of a value on the way (or of e^value where that is meant): when it is small
  // against the precision, no difference can hide behind it.
  double magnitude = 0;
};

// Encloses the value of an expression at a point, computed with `precision` bits. False if it has
// none that can be enclosed: a division by what may be zero, infinity, a set, the budget. Odd roots
// of negative numbers are the real ones; even roots, logarithms and powers are principal values.
bool BallValue(const Node& node, SamplePoint& point, int64_t precision, Budget& budget, Ball* value,
               BallFacts* facts);

}  // namespace gyre::rewarder::math

#pragma once

#include "rewarder/math/node.h"
#include "rewarder/math/sample_point.h"

namespace gyre::rewarder::math {

enum class ExactOutcome {
  kValue,
  kNotRational,  // or too large, or beyond the budget
  kUndefined,    // a division by zero
};

// The value of an expression at a point if it is a rational number that can be had exactly: within
// kMaximumExactBits and the budget. Rational powers and roots count where they come out.
ExactOutcome ExactValue(const Node& node, SamplePoint& point, Budget& budget, Rational* value);

inline constexpr int64_t kMaximumExactBits = 1 << 16;

// base^(numerator/denominator) by the rules of ExactValue: an odd root of a negative number is the
// real one.
ExactOutcome ExactPower(const Rational& base, const Rational& exponent, Budget& budget,
                        Rational* value);

}  // namespace gyre::rewarder::math

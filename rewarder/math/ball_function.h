#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rewarder/math/ball.h"
#include "rewarder/math/rational.h"

namespace gyre::rewarder::math {

// A function (the names of Kind::kCall) of enclosed numbers; false where it has no value that can
// be enclosed, or the name is not known.
bool BallFunction(const std::string& name, const std::vector<Ball>& arguments, int64_t precision,
                  Ball* value);

// Whether the function's value may hide e^argument: tanh 1000 is 1 but for 2000 digits.
bool GrowsExponentially(const std::string& name);

// base^exponent; the real power where the base is real and the exponent's denominator is odd.
bool RationalPower(const Ball& base, const Rational& exponent, int64_t precision, Ball* value);

}  // namespace gyre::rewarder::math

#pragma once

#include <cstdint>
#include <optional>

#include "rewarder/math/node.h"
#include "rewarder/math/sample_point.h"

namespace gyre::rewarder::math {

// For an algebraic constant: how many bits it takes to know that it is zero. If the value is not
// zero, it is at least 2^-bits. By the bound for expressions with radicals of Burnikel, Fleischer,
// Mehlhorn and Schirra (Algorithmica 27, 2000), with sines and cosines of rational multiples of pi
// as further algebraic integers. Nothing if the expression is not known to be algebraic.
std::optional<double> SeparationBits(const Node& node, Budget& budget);

// The rational r for which an angle is r·pi; nothing if it is not written as one.
std::optional<Rational> MultipleOfPi(const Node& angle, Budget& budget);

}  // namespace gyre::rewarder::math

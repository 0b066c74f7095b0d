#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "rewarder/math/node.h"
#include "rewarder/math/sample_point.h"

namespace gyre::rewarder::math {

// A real number as a sign times a product of primes to rational powers: 2√3/3 is 2^1 3^(-1/2), and
// 2003^(2002^2001) is no larger than its exponent. Two such products are equal exactly when they
// are the same.
struct Monomial {
  int sign = 1;
  std::map<uint64_t, Rational> exponents;  // none is zero

  bool operator==(const Monomial& other) const {
    return sign == other.sign && exponents == other.exponents;
  }
};

// Nothing if the expression is no such product, is zero, has symbols, or takes too long to factor.
std::optional<Monomial> MonomialOf(const Node& node, Budget& budget);

}  // namespace gyre::rewarder::math

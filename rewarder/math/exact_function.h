#pragma once

#include <string>
#include <vector>

#include "rewarder/math/exact_value.h"

namespace gyre::rewarder::math {

// A function (the names of Kind::kCall) of rational numbers, where its value is rational, too.
ExactOutcome ExactFunction(const std::string& name, const std::vector<Rational>& arguments,
                           Budget& budget, Rational* value);

}  // namespace gyre::rewarder::math

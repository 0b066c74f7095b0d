#pragma once

#include "rewarder/math/value_equality.h"

namespace gyre::rewarder::math {

// CompareValues for expressions without symbols.
Finding CompareConstants(const Node& a, const Node& b, NodeStore& store, Budget& budget);

}  // namespace gyre::rewarder::math

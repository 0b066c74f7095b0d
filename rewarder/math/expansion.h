#pragma once

#include "rewarder/math/node.h"

namespace gyre::rewarder::math {

// Brings an answer into the form that comparisons know, null if that takes too much room:
// - a value with ± becomes the list of its values (equal signs together, ∓ the other way),
// - sums, products and multiples of matrices become one matrix,
// - brackets around a matrix, a determinant of numbers, a list of one thing go.
const Node* Expand(const Node* node, NodeStore& store);

}  // namespace gyre::rewarder::math

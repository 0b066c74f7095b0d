#pragma once

#include "rewarder/math/node.h"

namespace gyre::rewarder::math {

// The matrix (or, of a determinant, the value) that an expression of matrices comes to; null if
// its parts do not fit together or it takes too much room.
const Node* MatrixValue(const Node* node, NodeStore& store);

// A matrix of one row or one column.
bool IsVector(const Node& node);

}  // namespace gyre::rewarder::math

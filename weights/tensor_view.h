#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weights/dtype.h"

namespace gyre::weights {

// A named tensor in memory that belongs to another, row-major and little-endian. `bytes` may stand
// at any address: copy elements, do not cast the pointer.
struct TensorView {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;  // empty: a scalar; dimensions may be 0
  std::string_view bytes;      // product of the shape times the element size
};

// "[119, 96]"
std::string ShapeText(const std::vector<int64_t>& shape);

}  // namespace gyre::weights

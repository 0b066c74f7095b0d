#pragma once

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "weights/tensor_view.h"

namespace gyre::weights {

// The number of elements.
int64_t NumElements(const TensorView& tensor);

// Copies an F32, BF16 or F16 tensor to f32, which holds each of their values exactly. `values` must
// have NumElements(tensor) places. UNIMPLEMENTED: another dtype.
absl::Status CopyAsFloat(const TensorView& tensor, std::span<float> values);

}  // namespace gyre::weights

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "weights/expected_tensors.h"

namespace gyre::weights {

// A tensor to write: row-major f32. `data` is borrowed; it may be nullptr if the shape holds no
// element.
struct F32Tensor {
  std::string name;
  std::vector<int64_t> shape;
  const float* data = nullptr;
};

// The elements of tensor `i` of the list that is written; valid until the next call. Asked for each
// tensor once.
using TensorValues = absl::FunctionRef<absl::StatusOr<std::span<const float>>(size_t i)>;

// Writes a safetensors file of f32 with the metadata {"format": "pt"}, atomically
// (base/file_writer.h). The bytes depend on the tensors only, not on their order: they stand in
// order of name, the header is padded to a multiple of 8 bytes, as the reference implementation
// does. INVALID_ARGUMENT: a name given twice or not plain ASCII, or an impossible shape; otherwise
// the errors of `values` and of base/file.h (RESOURCE_EXHAUSTED: the disk is full). After an error
// the path holds what it held before.
absl::Status WriteSafetensors(const std::string& path, const std::vector<NamedShape>& tensors,
                              TensorValues values);
absl::Status WriteSafetensors(const std::string& path, const std::vector<F32Tensor>& tensors);

}  // namespace gyre::weights

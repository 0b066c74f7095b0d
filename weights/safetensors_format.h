#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "weights/tensor_view.h"

namespace gyre::weights {

// What the bytes of a safetensors file say. The views point into those bytes.
struct SafetensorsContent {
  std::vector<TensorView> tensors;              // in the order of their data
  std::map<std::string, std::string> metadata;  // the entry __metadata__
};

// Reads a whole file: u64 little-endian header size n | n bytes of JSON | data. Any bytes are safe
// to give. INVALID_ARGUMENT says what is wrong and names the tensor: a header that is cut off, over
// 100 MB or not this JSON; a key given twice; a size that is not shape times element size; data
// that overlaps, leaves a hole, or ends before or behind the file's end. UNIMPLEMENTED: an element
// type that is not in DType.
absl::StatusOr<SafetensorsContent> ParseSafetensors(std::string_view bytes);

}  // namespace gyre::weights

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace gyre::weights {

// One entry of a safetensors header, as it is written there: nothing of it is checked but its form.
struct TensorEntryHeader {
  std::string name;
  std::string dtype;
  std::vector<uint64_t> shape;
  uint64_t begin = 0;  // data_offsets, from the first byte behind the header
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<TensorEntryHeader> tensors;
  std::map<std::string, std::string> metadata;
};

// Reads the JSON of a header. INVALID_ARGUMENT: not JSON, or not of this form: an object of
// tensors, each {"dtype": text, "shape": [whole numbers], "data_offsets": [begin, end]}, and
// "__metadata__": {text: text}; nothing else, and no key twice.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json);

}  // namespace gyre::weights

// model.safetensors.index.json: which tensor stands in which of several files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace gyre::weights {

struct SafetensorsIndex {
  std::map<std::string, std::string> file_of_tensor;
  int64_t total_size = 0;  // bytes of all tensors; written, not read: programs disagree on it

  // Each once, in order of name.
  std::vector<std::string> Files() const;
};

// INVALID_ARGUMENT says what is wrong: not JSON, a key or tensor given twice, no weight_map, or a
// file that is not a plain name beside the index.
absl::StatusOr<SafetensorsIndex> ParseSafetensorsIndex(std::string_view json);

// As transformers writes it.
std::string SafetensorsIndexJson(const SafetensorsIndex& index);

}  // namespace gyre::weights

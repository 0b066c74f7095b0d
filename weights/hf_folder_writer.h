#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "weights/model_config.h"
#include "weights/safetensors_writer.h"

namespace gyre::weights {

// Bytes of weights a file from which on transformers, too, begins the next one.
inline constexpr int64_t kMostShardBytes = 5'000'000'000;
inline constexpr int64_t kOneFile = std::numeric_limits<int64_t>::max();

// Writes the weights, `tokenizer_files`, generation_config.json (unless it is among them) and,
// last, config.json; makes the folder if it is not there. values(i) gives the elements of the
// tensor i of ExpectedTensors(config). The weights are model.safetensors, or if they take more than
// most_file_bytes, files of no more than that (but of one tensor at least) with their index. Each
// file is written atomically; for the folder as a whole write it beside its place and rename it.
// The bytes depend on the arguments only. INVALID_ARGUMENT: a tokenizer file whose name is not one;
// else the errors of `values` and of base/file.h.
absl::Status WriteHfFolder(const std::string& folder, const ModelConfig& config,
                           TensorValues values,
                           const std::map<std::string, std::string>& tokenizer_files,
                           int64_t most_file_bytes);

// In one file. Besides, INVALID_ARGUMENT: tensors that are not ExpectedTensors(config), before
// anything is written.
absl::Status WriteHfFolder(const std::string& folder, const ModelConfig& config,
                           const std::vector<F32Tensor>& tensors,
                           const std::map<std::string, std::string>& tokenizer_files);

}  // namespace gyre::weights

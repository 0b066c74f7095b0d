#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "weights/model_config.h"
#include "weights/safetensors_file.h"
#include "weights/safetensors_writer.h"

namespace gyre::weights {

// A model as Hugging Face keeps it: config.json and model.safetensors. (The tokenizer's files,
// which stand beside them, are text/tokenizer_files.h's.) Thread-safe as long as it is const.
// Weights stay mapped, see MappedFile.
struct HfFolder {
  ModelConfig config;
  SafetensorsFile weights;  // holds every expected tensor with its shape

  // The tensor of an expected name; others are CHECK failures.
  const TensorView& tensor(std::string_view name) const;
};

// NOT_FOUND: no config.json or no model.safetensors. INVALID_ARGUMENT and UNIMPLEMENTED name the
// file and what is wrong in it; weights in several files are not supported yet.
absl::StatusOr<HfFolder> ReadHfFolder(const std::string& folder);

// config.json alone.
absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& folder);

// Writes model.safetensors, `tokenizer_files`, generation_config.json (unless it is among them)
// and, last, config.json; makes the folder if it is not there. Each file is written atomically; for
// the folder as a whole write it beside its place and rename it. The bytes depend on the arguments
// only. INVALID_ARGUMENT: tensors that are not ExpectedTensors(config), before anything is written;
// else the errors of base/file.h.
absl::Status WriteHfFolder(const std::string& folder, const ModelConfig& config,
                           const std::vector<F32Tensor>& tensors,
                           const std::map<std::string, std::string>& tokenizer_files);

}  // namespace gyre::weights

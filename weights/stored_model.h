// A model on disk in one of the formats that Gyre reads: a Hugging Face folder or a GGUF file. Its
// weights stay mapped and are read when they are asked for, so opening it is quick and takes no
// memory. Immutable, thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "weights/model_config.h"

namespace gyre::weights {

class StoredModel {
 public:
  virtual ~StoredModel() = default;

  virtual const ModelConfig& config() const = 0;

  // The elements of a tensor of ExpectedTensors(config()), row-major, as f32; other names are CHECK
  // failures. `values` has as many places. UNIMPLEMENTED names a tensor of a type that is not read.
  virtual absl::Status CopyTensor(std::string_view name, std::span<float> values) const = 0;

  // The path of the file that holds such a tensor, for errors.
  virtual const std::string& FileOf(std::string_view name) const = 0;
};

// Whether a path is taken for a GGUF file: it ends in ".gguf".
bool IsGgufPath(const std::string& path);

// A path that ends in ".gguf" is a GGUF file, any other a Hugging Face folder. The errors of
// ReadHfFolder and GgufModel::Open, which name the file and what is wrong in it.
absl::StatusOr<std::unique_ptr<StoredModel>> OpenModel(const std::string& path);

// The config alone.
absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& path);

}  // namespace gyre::weights

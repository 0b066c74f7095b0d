#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "weights/safetensors_file.h"
#include "weights/stored_model.h"

namespace gyre::weights {

// A model as Hugging Face keeps it: config.json and model.safetensors, or several files that
// model.safetensors.index.json names. (The tokenizer's files, which stand beside them, are
// text/tokenizer_files.h's.) See MappedFile for what must not happen to the files meanwhile.
class HfFolder : public StoredModel {
 public:
  const ModelConfig& config() const override { return config_; }
  absl::Status CopyTensor(std::string_view name, std::span<float> values) const override;
  const std::string& FileOf(std::string_view name) const override;

  // They hold every expected tensor with its shape, each once.
  const std::vector<SafetensorsFile>& files() const { return files_; }
  // The tensor of an expected name; others are CHECK failures.
  const TensorView& tensor(std::string_view name) const { return *HolderOf(name).Find(name); }

 private:
  const SafetensorsFile& HolderOf(std::string_view name) const;
  friend absl::StatusOr<HfFolder> ReadHfFolder(const std::string& folder);
  HfFolder(ModelConfig config, std::vector<SafetensorsFile> files)
      : config_(std::move(config)), files_(std::move(files)) {}

  ModelConfig config_;
  std::vector<SafetensorsFile> files_;
};

// NOT_FOUND: no config.json, or a file of weights that is missing. INVALID_ARGUMENT and
// UNIMPLEMENTED name the file and what is wrong in it.
absl::StatusOr<HfFolder> ReadHfFolder(const std::string& folder);

// config.json alone.
absl::StatusOr<ModelConfig> ReadHfConfig(const std::string& folder);

}  // namespace gyre::weights

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "weights/gguf_file.h"
#include "weights/stored_model.h"

namespace gyre::weights {

// A model in a GGUF file, under Hugging Face's names. What llama.cpp's converter does to the rows
// of q and k of llama (pairs that RoPE turns stand side by side there) is undone.
class GgufModel : public StoredModel {
 public:
  // Errors name the file and what is wrong in it: those of GgufFile and ReadGgufConfig, a tensor
  // that is missing, unknown or of another shape than the metadata says.
  static absl::StatusOr<GgufModel> Open(const std::string& path);

  const ModelConfig& config() const override { return config_; }
  absl::Status CopyTensor(std::string_view name, std::span<float> values) const override;
  const std::string& FileOf(std::string_view) const override { return file_.path(); }

  const GgufFile& file() const { return file_; }

 private:
  GgufModel(GgufFile file, ModelConfig config)
      : file_(std::move(file)), config_(std::move(config)) {}

  GgufFile file_;
  ModelConfig config_;
};

}  // namespace gyre::weights

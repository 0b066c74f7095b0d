// What the spec's `model` names: shape, tokenizer, first weights. Immutable; any thread; blocks on
// the disk only.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "model/parameters.h"
#include "proto/run_spec.pb.h"
#include "text/tokenizer.h"
#include "text/tokenizer_files.h"
#include "weights/model_config.h"

namespace gyre::learner {

class ModelSource {
 public:
  // Reads shape and tokenizer. Errors name the file.
  static absl::StatusOr<ModelSource> Open(const RunSpec& spec);

  const weights::ModelConfig& config() const { return config_; }
  const text::Tokenizer& tokenizer() const { return *tokenizer_; }
  const text::TokenizerFiles& tokenizer_files() const { return tokenizer_files_; }

  // New from the run's seed, or read from the HF folder.
  absl::StatusOr<model::Parameters> FirstParameters() const;

  // Those of another folder for this model. INVALID_ARGUMENT: another shape.
  absl::StatusOr<model::Parameters> ReadParametersOf(const std::string& folder) const;

 private:
  ModelSource() = default;

  ModelSpec spec_;
  uint64_t seed_ = 0;
  weights::ModelConfig config_;
  text::TokenizerFiles tokenizer_files_;
  std::unique_ptr<const text::Tokenizer> tokenizer_;
};

}  // namespace gyre::learner

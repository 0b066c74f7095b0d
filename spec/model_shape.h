#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "proto/run_spec.pb.h"
#include "text/tokenizer.h"
#include "weights/model_config.h"

namespace gyre::spec {

// The tokenizer that a spec's model uses. Errors as text::LoadTokenizer.
absl::StatusOr<std::unique_ptr<text::Tokenizer>> OpenTokenizer(const ModelSpec& model);

// The shape of a spec's model, all defaults worked out: for `new` from the spec and its tokenizer,
// for `path` from its config.json. INVALID_ARGUMENT, NOT_FOUND or UNIMPLEMENTED says what is wrong.
absl::StatusOr<weights::ModelConfig> ModelShape(const ModelSpec& model);

// Weights of such a network.
int64_t ParameterCount(const weights::ModelConfig& config);

}  // namespace gyre::spec

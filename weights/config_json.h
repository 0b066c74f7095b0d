#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "weights/model_config.h"

namespace gyre::weights {

// Reads a config.json of transformers 4 or 5 with model_type "llama". Absent keys have the values
// that LlamaConfig gives them. UNIMPLEMENTED names what is not supported (another model_type,
// scaled RoPE, biases, quantized weights …), INVALID_ARGUMENT the key that is wrong. A pad_token_id
// outside the vocabulary (-1 in old files) counts as none.
absl::StatusOr<ModelConfig> ParseConfigJson(std::string_view json);

// Always the same bytes for the same config; transformers 4 and 5 read it. `config` must be valid.
std::string ConfigJson(const ModelConfig& config);
std::string GenerationConfigJson(const ModelConfig& config);

}  // namespace gyre::weights

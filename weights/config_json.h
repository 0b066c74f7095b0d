#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "weights/model_config.h"

namespace gyre::weights {

// Reads a config.json of transformers 4 or 5 with a model_type of weights/model_family.h. Absent
// keys have the values that the family's class in transformers gives them. UNIMPLEMENTED names what
// is not supported (another model_type, another kind of scaled RoPE, biases, a sliding window that
// is in use, quantized weights …), INVALID_ARGUMENT the key that is wrong. A pad_token_id outside
// the vocabulary (-1 in old files) counts as none.
absl::StatusOr<ModelConfig> ParseConfigJson(std::string_view json);

// Always the same bytes for the same config; transformers 4 and 5 read it. `config` must be valid.
std::string ConfigJson(const ModelConfig& config);
std::string GenerationConfigJson(const ModelConfig& config);

}  // namespace gyre::weights

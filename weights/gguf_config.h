#pragma once

#include "absl/status/statusor.h"
#include "weights/gguf_file.h"
#include "weights/model_config.h"

namespace gyre::weights {

// What the metadata and the shapes of the embedding say of the network. UNIMPLEMENTED names what is
// not supported (another architecture, experts, a sliding window, scaled RoPE but Llama 3's …),
// INVALID_ARGUMENT the key that is missing or wrong.
absl::StatusOr<ModelConfig> ReadGgufConfig(const GgufFile& file);

}  // namespace gyre::weights

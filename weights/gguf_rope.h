#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "weights/gguf_file.h"
#include "weights/model_config.h"

namespace gyre::weights {

// How a GGUF file stretches RoPE; none: it does not. Files of Llama 3 do not name the parameters
// but hold what they come to, one divisor a frequency; here they are recognized, so that the
// network can be computed and written again as Hugging Face does. `config` is the rest of the
// file's config and valid. UNIMPLEMENTED: any other stretch. INVALID_ARGUMENT: divisors that are of
// another shape.
absl::StatusOr<std::optional<RopeScaling>> ReadGgufRopeScaling(const GgufFile& file,
                                                               const ModelConfig& config);

}  // namespace gyre::weights

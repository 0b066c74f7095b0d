#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "weights/model_config.h"

namespace gyre::weights {

struct NamedShape {
  std::string name;
  std::vector<int64_t> shape;
  bool operator==(const NamedShape&) const = default;
};

// The tensors of a Llama network under Hugging Face's names, from the embedding up to the head;
// linear weights are [out, in]. A tied head has none. `config` must be valid.
std::vector<NamedShape> ExpectedTensors(const ModelConfig& config);

// INVALID_ARGUMENT names what is missing, unknown, given twice or of another shape. Two tensors
// that some files hold besides are let through: the lm_head.weight of a tied head, and
// rotary_emb.inv_freq.
absl::Status CheckTensors(const ModelConfig& config, const std::vector<NamedShape>& tensors);

}  // namespace gyre::weights

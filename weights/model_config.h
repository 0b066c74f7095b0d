// The shape of a Llama-architecture network: what config.json says of it, under the run spec's
// names.
#pragma once

#include <cstdint>

namespace gyre::weights {

struct ModelConfig {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t num_layers = 0;
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;  // divides num_heads
  int64_t head_size = 0;     // even; num_heads * head_size need not be hidden_size
  int64_t intermediate_size = 0;
  int64_t max_positions = 0;
  float rms_norm_epsilon = 1e-5f;
  double rope_theta = 10000;
  bool tie_head = false;  // the head shares the embedding's weights

  bool operator==(const ModelConfig&) const = default;
};

}  // namespace gyre::weights

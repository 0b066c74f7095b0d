// The shape of a Llama-architecture network: what config.json says of it, under the run spec's
// names.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"

namespace gyre::weights {

// The forward pass keeps a tile of queries of at most this size on its stack.
inline constexpr int64_t kMostHeadSize = 512;

struct ModelConfig {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t num_layers = 0;
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;  // divides num_heads
  // Even, at most kMostHeadSize; num_heads * head_size need not be hidden_size.
  int64_t head_size = 0;
  int64_t intermediate_size = 0;
  int64_t max_positions = 0;
  float rms_norm_epsilon = 1e-5f;
  double rope_theta = 10000;
  bool tie_head = false;  // the head shares the embedding's weights

  // Not of the network, but config.json names them.
  std::optional<int32_t> bos_token_id;
  std::optional<int32_t> pad_token_id;
  std::vector<int32_t> eos_token_ids;

  bool operator==(const ModelConfig&) const = default;
};

// INVALID_ARGUMENT names, by config.json's keys, what is not positive, too large, odd, does not
// divide, or is a token id outside the vocabulary.
absl::Status CheckModelConfig(const ModelConfig& config);

}  // namespace gyre::weights

// The shape of a network: what config.json says of it, under the run spec's names.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "weights/model_family.h"

namespace gyre::weights {

// The forward pass keeps a tile of queries of at most this size on its stack.
inline constexpr int64_t kMostHeadSize = 512;

// Llama 3's stretch of RoPE to longer sequences (config.json: rope_type "llama3"): pairs whose wave
// is longer than original_max_positions / low_freq_factor turn `factor` times slower, those whose
// wave is shorter than original_max_positions / high_freq_factor as ever, and those between
// something between.
struct RopeScaling {
  double factor = 1;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  int64_t original_max_positions = 8192;

  bool operator==(const RopeScaling&) const = default;
};

struct ModelConfig {
  ModelFamily family = ModelFamily::kLlama;
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
  std::optional<RopeScaling> rope_scaling;
  bool tie_head = false;  // the head shares the embedding's weights

  // Not of the network, but config.json names them.
  std::optional<int32_t> bos_token_id;
  std::optional<int32_t> pad_token_id;
  std::vector<int32_t> eos_token_ids;

  // What the families differ in.
  bool has_qkv_bias() const { return family == ModelFamily::kQwen2; }
  bool has_qk_norm() const { return family == ModelFamily::kQwen3; }

  bool operator==(const ModelConfig&) const = default;
};

// INVALID_ARGUMENT names, by config.json's keys, what is not positive, too large, odd, does not
// divide, or is a token id outside the vocabulary.
absl::Status CheckModelConfig(const ModelConfig& config);

}  // namespace gyre::weights

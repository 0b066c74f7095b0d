// Small networks of odd shapes with random weights, for the tests of model/ and learner/.
#pragma once

#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "model/parameters.h"

namespace gyre::model {

// Grouped-query attention, a head size that is no multiple of the vector width, blocks that a
// prompt does not fill.
inline weights::ModelConfig TinyConfig(bool tie_head = false) {
  weights::ModelConfig config;
  config.vocab_size = 37;
  config.hidden_size = 20;
  config.num_layers = 3;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_size = 6;
  config.intermediate_size = 28;
  config.max_positions = 160;
  config.tie_head = tie_head;
  return config;
}

// One of each kind, by name.
struct NamedConfig {
  std::string name;
  weights::ModelConfig config;
};

inline std::vector<NamedConfig> TinyConfigs() {
  std::vector<NamedConfig> all = {{"Untied", TinyConfig()},
                                  {"Tied", TinyConfig(/*tie_head=*/true)},
                                  {"Stretched", TinyConfig()},
                                  {"Qwen2", TinyConfig()},
                                  {"Qwen3", TinyConfig(/*tie_head=*/true)}};
  // Of the three pairs of a head one is kept, one interpolated, one slowed down.
  all[2].config.rope_scaling = {
      .factor = 8, .low_freq_factor = 0.25, .high_freq_factor = 4, .original_max_positions = 64};
  all[3].config.family = weights::ModelFamily::kQwen2;
  all[4].config.family = weights::ModelFamily::kQwen3;
  return all;
}

inline std::ostream& operator<<(std::ostream& out, const NamedConfig& config) {
  return out << config.name;
}

// The network of recipes/countdown_zero.textproto.
inline weights::ModelConfig CountdownConfig() {
  weights::ModelConfig config;
  config.vocab_size = 119;
  config.hidden_size = 96;
  config.num_layers = 4;
  config.num_heads = 4;
  config.num_kv_heads = 4;
  config.head_size = 24;
  config.intermediate_size = 192;
  config.max_positions = 512;
  return config;
}

// Weights large enough that log-probs differ, norms unlike 1.
inline Parameters RandomParameters(const weights::ModelConfig& config, uint32_t seed) {
  Parameters parameters = Parameters::FromSeed(config, seed);
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  for (const TensorPlace& tensor : parameters.layout().tensors()) {
    for (int64_t i = 0; i < tensor.size; ++i) {
      float& value = parameters.flat()[static_cast<size_t>(tensor.offset + i)];
      const bool is_norm = !tensor.is_matrix() && !tensor.is_bias();
      value = is_norm ? 1.0f + 0.2f * normal(generator) : 0.3f * normal(generator);
    }
  }
  return parameters;
}

inline std::vector<int32_t> RandomTokens(const weights::ModelConfig& config, int64_t length,
                                         std::mt19937& generator) {
  std::uniform_int_distribution<int32_t> token(0, static_cast<int32_t>(config.vocab_size) - 1);
  std::vector<int32_t> tokens(static_cast<size_t>(length));
  for (int32_t& id : tokens) id = token(generator);
  return tokens;
}

}  // namespace gyre::model

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "weights/config_json.h"

namespace gyre::weights {
namespace {

using nlohmann::ordered_json;

// The double whose shortest decimal is that of the float, so that 1e-5f is written as 1e-05.
double ShortestDecimal(float value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  double result = value;
  std::from_chars(digits, end, result);
  return result;
}

ordered_json EosJson(const ModelConfig& config) {
  if (config.eos_token_ids.empty()) return nullptr;
  if (config.eos_token_ids.size() == 1) return config.eos_token_ids[0];
  return config.eos_token_ids;
}

ordered_json OptionalJson(const std::optional<int32_t>& id) {
  return id.has_value() ? ordered_json(*id) : ordered_json(nullptr);
}

ordered_json RopeParameters(const ModelConfig& config) {
  ordered_json rope = {{"rope_theta", config.rope_theta}, {"rope_type", "default"}};
  if (!config.rope_scaling.has_value()) return rope;
  const RopeScaling& scaling = *config.rope_scaling;
  rope["rope_type"] = "llama3";
  rope["factor"] = scaling.factor;
  rope["low_freq_factor"] = scaling.low_freq_factor;
  rope["high_freq_factor"] = scaling.high_freq_factor;
  rope["original_max_position_embeddings"] = scaling.original_max_positions;
  return rope;
}

// transformers 4 has the theta beside it.
ordered_json RopeScalingJson(const ModelConfig& config) {
  if (!config.rope_scaling.has_value()) return nullptr;
  ordered_json rope = RopeParameters(config);
  rope.erase("rope_theta");
  return rope;
}

// Of one family alone.
void AddFamilyKeys(const ModelConfig& config, ordered_json& root) {
  switch (config.family) {
    case ModelFamily::kLlama:
      root["attention_bias"] = false;
      root["mlp_bias"] = false;
      root["pretraining_tp"] = 1;
      return;
    case ModelFamily::kQwen3:
      root["attention_bias"] = false;
      [[fallthrough]];
    case ModelFamily::kQwen2:
      root["max_window_layers"] = config.num_layers;
      root["sliding_window"] = nullptr;
      root["use_sliding_window"] = false;
      return;
  }
}

}  // namespace

std::string ConfigJson(const ModelConfig& config) {
  ordered_json root = {
      {"architectures", ordered_json::array({std::string(ArchitectureOf(config.family))})},
      {"attention_dropout", 0.0},
      {"bos_token_id", OptionalJson(config.bos_token_id)},
      {"dtype", "float32"},
      {"eos_token_id", EosJson(config)},
      {"head_dim", config.head_size},
      {"hidden_act", "silu"},
      {"hidden_size", config.hidden_size},
      {"initializer_range", 0.02},
      {"intermediate_size", config.intermediate_size},
      {"max_position_embeddings", config.max_positions},
      {"model_type", std::string(ModelTypeOf(config.family))},
      {"num_attention_heads", config.num_heads},
      {"num_hidden_layers", config.num_layers},
      {"num_key_value_heads", config.num_kv_heads},
      {"pad_token_id", OptionalJson(config.pad_token_id)},
      {"rms_norm_eps", ShortestDecimal(config.rms_norm_epsilon)},
      {"rope_parameters", RopeParameters(config)},
      {"rope_scaling", RopeScalingJson(config)},
      {"rope_theta", config.rope_theta},
      {"tie_word_embeddings", config.tie_head},
      {"torch_dtype", "float32"},
      {"use_cache", true},
      {"vocab_size", config.vocab_size}};
  AddFamilyKeys(config, root);
  return root.dump(2) + "\n";
}

std::string GenerationConfigJson(const ModelConfig& config) {
  ordered_json root = {{"_from_model_config", true}};
  if (config.bos_token_id.has_value()) root["bos_token_id"] = *config.bos_token_id;
  if (!config.eos_token_ids.empty()) root["eos_token_id"] = EosJson(config);
  if (config.pad_token_id.has_value()) root["pad_token_id"] = *config.pad_token_id;
  return root.dump(2) + "\n";
}

}  // namespace gyre::weights

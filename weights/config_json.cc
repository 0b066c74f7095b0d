#include "weights/config_json.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::weights {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// The value of `key`; nullptr if it is absent or null.
const json* Find(const json& object, const char* key) {
  auto entry = object.find(key);
  return entry == object.end() || entry->is_null() ? nullptr : &*entry;
}

absl::Status Wrong(const char* key, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("\"", key, "\" ", what));
}

absl::Status Unsupported(const char* key, const json& value) {
  return absl::UnimplementedError(
      absl::StrCat("\"", key, "\": ", value.dump(), " is not supported"));
}

absl::StatusOr<int64_t> Integer(const json& root, const char* key,
                                std::optional<int64_t> otherwise = std::nullopt) {
  const json* value = Find(root, key);
  if (value == nullptr && otherwise.has_value()) return *otherwise;
  if (value == nullptr) return Wrong(key, "is missing");
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()});
  if (!fits) return Wrong(key, "must be a whole number");
  return value->get<int64_t>();
}

absl::StatusOr<double> Number(const json& root, const char* key, double otherwise) {
  const json* value = Find(root, key);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) return Wrong(key, "must be a number");
  return value->get<double>();
}

absl::StatusOr<bool> Bool(const json& root, const char* key, bool otherwise) {
  const json* value = Find(root, key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) return Wrong(key, "must be true or false");
  return value->get<bool>();
}

absl::StatusOr<int32_t> TokenId(const json& value, const char* key) {
  if (!value.is_number_integer() || value.get<int64_t>() < std::numeric_limits<int32_t>::min() ||
      value.get<int64_t>() > std::numeric_limits<int32_t>::max()) {
    return Wrong(key, "must be a token id");
  }
  return static_cast<int32_t>(value.get<int64_t>());
}

// A key with any other value than these changes what the network computes.
absl::Status CheckSupported(const json& root) {
  struct Requirement {
    const char* key;
    json supported;  // besides absent and null
  };
  const Requirement requirements[] = {
      {"model_type", "llama"},   {"architectures", json::array({"LlamaForCausalLM"})},
      {"hidden_act", "silu"},    {"attention_bias", false},
      {"mlp_bias", false},       {"partial_rotary_factor", 1.0},
      {"sliding_window", false}, {"quantization_config", json::object()},
  };
  if (Find(root, "model_type") == nullptr) return Wrong("model_type", "is missing");
  for (const auto& [key, supported] : requirements) {
    const json* value = Find(root, key);
    if (value != nullptr && *value != supported) return Unsupported(key, *value);
  }
  // transformers 4 says rope_scaling, 5 says rope_parameters; older files say type for rope_type.
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const json* rope = Find(root, key);
    if (rope == nullptr) continue;
    if (!rope->is_object()) return Wrong(key, "must be an object");
    for (const char* type : {"rope_type", "type"}) {
      const json* value = Find(*rope, type);
      if (value != nullptr && *value != "default") return Unsupported(key, *rope);
    }
    const json* factor = Find(*rope, "partial_rotary_factor");
    if (factor != nullptr && *factor != 1.0) return Unsupported(key, *rope);
  }
  return absl::OkStatus();
}

absl::Status ParseTokenIds(const json& root, ModelConfig& config) {
  if (const json* bos = Find(root, "bos_token_id")) {
    GYRE_ASSIGN_OR_RETURN(config.bos_token_id, TokenId(*bos, "bos_token_id"));
  }
  if (const json* pad = Find(root, "pad_token_id")) {
    GYRE_ASSIGN_OR_RETURN(const int32_t id, TokenId(*pad, "pad_token_id"));
    if (id >= 0 && id < config.vocab_size) config.pad_token_id = id;
  }
  if (const json* eos = Find(root, "eos_token_id")) {
    const json list = eos->is_array() ? *eos : json::array({*eos});
    for (const json& value : list) {
      GYRE_ASSIGN_OR_RETURN(const int32_t id, TokenId(value, "eos_token_id"));
      config.eos_token_ids.push_back(id);
    }
  }
  return absl::OkStatus();
}

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

}  // namespace

absl::StatusOr<ModelConfig> ParseConfigJson(std::string_view text) {
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return absl::InvalidArgumentError("is not a JSON object");
  GYRE_RETURN_IF_ERROR(CheckSupported(root));

  ModelConfig config;
  GYRE_ASSIGN_OR_RETURN(config.vocab_size, Integer(root, "vocab_size"));
  GYRE_ASSIGN_OR_RETURN(config.hidden_size, Integer(root, "hidden_size"));
  GYRE_ASSIGN_OR_RETURN(config.num_layers, Integer(root, "num_hidden_layers"));
  GYRE_ASSIGN_OR_RETURN(config.num_heads, Integer(root, "num_attention_heads"));
  GYRE_ASSIGN_OR_RETURN(config.num_kv_heads,
                        Integer(root, "num_key_value_heads", config.num_heads));
  GYRE_ASSIGN_OR_RETURN(config.intermediate_size, Integer(root, "intermediate_size"));
  GYRE_ASSIGN_OR_RETURN(config.max_positions, Integer(root, "max_position_embeddings", 2048));
  if (Find(root, "head_dim") == nullptr) {
    if (config.num_heads < 1 || config.hidden_size % config.num_heads != 0) {
      return Wrong("head_dim", "is missing, and num_attention_heads does not divide hidden_size");
    }
    config.head_size = config.hidden_size / config.num_heads;
  } else {
    GYRE_ASSIGN_OR_RETURN(config.head_size, Integer(root, "head_dim"));
  }
  GYRE_ASSIGN_OR_RETURN(const double epsilon, Number(root, "rms_norm_eps", 1e-6));
  config.rms_norm_epsilon = static_cast<float>(epsilon);
  const json* rope = Find(root, "rope_parameters");
  const bool new_keys = rope != nullptr && Find(*rope, "rope_theta") != nullptr;
  GYRE_ASSIGN_OR_RETURN(config.rope_theta, Number(new_keys ? *rope : root, "rope_theta", 10000));
  GYRE_ASSIGN_OR_RETURN(config.tie_head, Bool(root, "tie_word_embeddings", false));
  GYRE_RETURN_IF_ERROR(ParseTokenIds(root, config));
  GYRE_RETURN_IF_ERROR(CheckModelConfig(config));
  return config;
}

std::string ConfigJson(const ModelConfig& config) {
  const ordered_json root = {
      {"architectures", ordered_json::array({"LlamaForCausalLM"})},
      {"attention_bias", false},
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
      {"mlp_bias", false},
      {"model_type", "llama"},
      {"num_attention_heads", config.num_heads},
      {"num_hidden_layers", config.num_layers},
      {"num_key_value_heads", config.num_kv_heads},
      {"pad_token_id", OptionalJson(config.pad_token_id)},
      {"pretraining_tp", 1},
      {"rms_norm_eps", ShortestDecimal(config.rms_norm_epsilon)},
      {"rope_parameters", {{"rope_theta", config.rope_theta}, {"rope_type", "default"}}},
      {"rope_scaling", nullptr},
      {"rope_theta", config.rope_theta},
      {"tie_word_embeddings", config.tie_head},
      {"torch_dtype", "float32"},
      {"use_cache", true},
      {"vocab_size", config.vocab_size}};
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

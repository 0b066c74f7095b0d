#include "weights/config_json.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "weights/quoted.h"

namespace gyre::weights {
namespace {

using nlohmann::json;

absl::Status WrongField(const char* key, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("\"", key, "\" ", what));
}

std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::Status Unsupported(const char* key, const json& value) {
  return absl::UnimplementedError(
      absl::StrCat(Quoted(key), ": ", Text(value), " is not supported"));
}

absl::StatusOr<int64_t> Integer(const json& root, const char* key,
                                std::optional<int64_t> otherwise = std::nullopt) {
  const json* value = base::FindField(root, key);
  if (value == nullptr && otherwise.has_value()) return *otherwise;
  if (value == nullptr) return WrongField(key, "is missing");
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()});
  if (!fits) return WrongField(key, "must be a whole number");
  return value->get<int64_t>();
}

absl::StatusOr<double> Number(const json& root, const char* key, double otherwise) {
  const json* value = base::FindField(root, key);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) return WrongField(key, "must be a number");
  return value->get<double>();
}

absl::StatusOr<bool> Bool(const json& root, const char* key, bool otherwise) {
  const json* value = base::FindField(root, key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) return WrongField(key, "must be true or false");
  return value->get<bool>();
}

absl::StatusOr<int32_t> TokenId(const json& value, const char* key) {
  if (!value.is_number_integer() || value.get<int64_t>() < std::numeric_limits<int32_t>::min() ||
      value.get<int64_t>() > std::numeric_limits<int32_t>::max()) {
    return WrongField(key, "must be a token id");
  }
  return static_cast<int32_t>(value.get<int64_t>());
}

absl::StatusOr<ModelFamily> Family(const json& root) {
  const json* type = base::FindField(root, "model_type");
  if (type == nullptr) return WrongField("model_type", "is missing");
  if (!type->is_string()) return WrongField("model_type", "must be a text");
  const auto family = FamilyOfModelType(type->get<std::string>());
  if (family.has_value()) return *family;
  return absl::UnimplementedError(absl::StrCat("\"model_type\": ", Text(*type),
                                               " is not supported; known are ", KnownModelTypes()));
}

// A key with any other value than these changes what the network computes.
absl::Status CheckSupported(const json& root, ModelFamily family) {
  struct Requirement {
    const char* key;
    json supported;  // besides absent and null
  };
  std::vector<Requirement> requirements = {
      {"architectures", json::array({std::string(ArchitectureOf(family))})},
      {"hidden_act", "silu"},
      {"mlp_bias", false},
      {"partial_rotary_factor", 1.0},
      {"quantization_config", json::object()}};
  // Qwen2's class does not read it: its biases stand for good.
  if (family != ModelFamily::kQwen2) requirements.push_back({"attention_bias", false});
  if (family == ModelFamily::kLlama) requirements.push_back({"sliding_window", false});
  for (const auto& [key, supported] : requirements) {
    const json* value = base::FindField(root, key);
    if (value != nullptr && *value != supported) return Unsupported(key, *value);
  }
  return absl::OkStatus();
}

// Qwen's files name a window that is not in use.
absl::Status CheckSlidingWindow(const json& root, int64_t num_layers) {
  GYRE_ASSIGN_OR_RETURN(const bool used, Bool(root, "use_sliding_window", false));
  GYRE_ASSIGN_OR_RETURN(const int64_t first_layer, Integer(root, "max_window_layers", 28));
  if (used && first_layer < num_layers && base::FindField(root, "sliding_window") != nullptr) {
    return Unsupported("use_sliding_window", true);
  }
  const json* types = base::FindField(root, "layer_types");
  if (types == nullptr) return absl::OkStatus();
  if (!types->is_array()) return WrongField("layer_types", "must be a list");
  for (const json& type : *types) {
    if (type != "full_attention") return Unsupported("layer_types", type);
  }
  return absl::OkStatus();
}

absl::StatusOr<RopeScaling> ParseLlama3(const json& rope) {
  RopeScaling scaling;
  for (const char* key :
       {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}) {
    if (base::FindField(rope, key) == nullptr)
      return WrongField(key, "is missing in the llama3 RoPE scaling");
  }
  GYRE_ASSIGN_OR_RETURN(scaling.factor, Number(rope, "factor", 1));
  GYRE_ASSIGN_OR_RETURN(scaling.low_freq_factor, Number(rope, "low_freq_factor", 1));
  GYRE_ASSIGN_OR_RETURN(scaling.high_freq_factor, Number(rope, "high_freq_factor", 4));
  GYRE_ASSIGN_OR_RETURN(scaling.original_max_positions,
                        Integer(rope, "original_max_position_embeddings"));
  return scaling;
}

// What one of the two keys says; none for plain RoPE.
absl::StatusOr<std::optional<RopeScaling>> ParseScaling(const json& rope, const char* key) {
  if (!rope.is_object()) return WrongField(key, "must be an object");
  for (const auto& [name, value] : rope.items()) {  // a RoPE for each kind of layer
    if (value.is_structured()) return Unsupported(name.c_str(), value);
  }
  const json* factor = base::FindField(rope, "partial_rotary_factor");
  if (factor != nullptr && *factor != 1.0) return Unsupported("partial_rotary_factor", *factor);
  const json* type = base::FindField(rope, "rope_type");
  if (type == nullptr) type = base::FindField(rope, "type");  // older files
  if (type == nullptr || *type == "default") return std::nullopt;
  if (*type != "llama3") {
    return absl::UnimplementedError(
        absl::StrCat("\"", key, "\": RoPE of the type ", Text(*type),
                     " is not supported; known are default and llama3"));
  }
  return ParseLlama3(rope);
}

// transformers 4 says rope_scaling, with the theta beside it; 5 says rope_parameters.
absl::Status ParseRope(const json& root, ModelConfig& config) {
  const json* scaling = base::FindField(root, "rope_scaling");
  if (scaling != nullptr && scaling->empty() && scaling->is_object()) scaling = nullptr;
  const json* parameters = base::FindField(root, "rope_parameters");
  const json* holder = &root;
  if (parameters != nullptr) {
    GYRE_ASSIGN_OR_RETURN(config.rope_scaling, ParseScaling(*parameters, "rope_parameters"));
    if (base::FindField(*parameters, "rope_theta") != nullptr) holder = parameters;
  }
  if (scaling != nullptr) {
    GYRE_ASSIGN_OR_RETURN(std::optional<RopeScaling> said, ParseScaling(*scaling, "rope_scaling"));
    if (parameters != nullptr && said != config.rope_scaling) {
      return WrongField("rope_scaling", "and \"rope_parameters\" say different things");
    }
    config.rope_scaling = said;
  }
  GYRE_ASSIGN_OR_RETURN(config.rope_theta, Number(*holder, "rope_theta", 10000));
  return absl::OkStatus();
}

// Where the files of a family leave it out.
absl::StatusOr<int64_t> HeadSize(const json& root, const ModelConfig& config) {
  if (base::FindField(root, "head_dim") != nullptr) return Integer(root, "head_dim");
  if (config.family == ModelFamily::kQwen3) return 128;
  if (config.num_heads < 1 || config.hidden_size % config.num_heads != 0) {
    return WrongField("head_dim",
                      "is missing, and num_attention_heads does not divide hidden_size");
  }
  return config.hidden_size / config.num_heads;
}

absl::Status ParseTokenIds(const json& root, ModelConfig& config) {
  if (const json* bos = base::FindField(root, "bos_token_id")) {
    GYRE_ASSIGN_OR_RETURN(config.bos_token_id, TokenId(*bos, "bos_token_id"));
  }
  if (const json* pad = base::FindField(root, "pad_token_id")) {
    GYRE_ASSIGN_OR_RETURN(const int32_t id, TokenId(*pad, "pad_token_id"));
    if (id >= 0 && id < config.vocab_size) config.pad_token_id = id;
  }
  if (const json* eos = base::FindField(root, "eos_token_id")) {
    const json list = eos->is_array() ? *eos : json::array({*eos});
    for (const json& value : list) {
      GYRE_ASSIGN_OR_RETURN(const int32_t id, TokenId(value, "eos_token_id"));
      config.eos_token_ids.push_back(id);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ModelConfig> ParseConfigJson(std::string_view text) {
  GYRE_ASSIGN_OR_RETURN(const json root, base::ParseJsonObject(text));
  ModelConfig config;
  GYRE_ASSIGN_OR_RETURN(config.family, Family(root));
  GYRE_RETURN_IF_ERROR(CheckSupported(root, config.family));
  GYRE_ASSIGN_OR_RETURN(config.vocab_size, Integer(root, "vocab_size"));
  GYRE_ASSIGN_OR_RETURN(config.hidden_size, Integer(root, "hidden_size"));
  GYRE_ASSIGN_OR_RETURN(config.num_layers, Integer(root, "num_hidden_layers"));
  GYRE_ASSIGN_OR_RETURN(config.num_heads, Integer(root, "num_attention_heads"));
  const bool is_llama = config.family == ModelFamily::kLlama;
  const bool as_many = is_llama || root.contains("num_key_value_heads");  // null: as many
  GYRE_ASSIGN_OR_RETURN(config.num_kv_heads,
                        Integer(root, "num_key_value_heads", as_many ? config.num_heads : 32));
  GYRE_ASSIGN_OR_RETURN(config.intermediate_size, Integer(root, "intermediate_size"));
  GYRE_ASSIGN_OR_RETURN(config.max_positions,
                        Integer(root, "max_position_embeddings", is_llama ? 2048 : 32768));
  if (!is_llama) GYRE_RETURN_IF_ERROR(CheckSlidingWindow(root, config.num_layers));
  GYRE_ASSIGN_OR_RETURN(config.head_size, HeadSize(root, config));
  GYRE_ASSIGN_OR_RETURN(const double epsilon, Number(root, "rms_norm_eps", 1e-6));
  config.rms_norm_epsilon = static_cast<float>(epsilon);
  GYRE_RETURN_IF_ERROR(ParseRope(root, config));
  GYRE_ASSIGN_OR_RETURN(config.tie_head, Bool(root, "tie_word_embeddings", false));
  GYRE_RETURN_IF_ERROR(ParseTokenIds(root, config));
  GYRE_RETURN_IF_ERROR(CheckModelConfig(config));
  return config;
}

}  // namespace gyre::weights

#include "weights/gguf_config.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "weights/gguf_names.h"
#include "weights/gguf_rope.h"
#include "weights/quoted.h"
#include "weights/tensor_view.h"

namespace gyre::weights {
namespace {

absl::Status WrongKey(const std::string& key, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("metadata \"", key, "\" ", what));
}

// The keys of one architecture, and the ways to read them.
class Keys {
 public:
  Keys(const GgufMetadata& metadata, std::string architecture)
      : metadata_(metadata), architecture_(std::move(architecture)) {}

  std::string Key(const char* name) const { return absl::StrCat(architecture_, ".", name); }
  const GgufMetadata& metadata() const { return metadata_; }

  absl::StatusOr<int64_t> Integer(const char* name,
                                  std::optional<int64_t> otherwise = std::nullopt) const {
    GYRE_ASSIGN_OR_RETURN(std::optional<int64_t> value, metadata_.Integer(Key(name)));
    if (!value.has_value()) value = otherwise;
    if (!value.has_value()) return WrongKey(Key(name), "is missing");
    return *value;
  }
  absl::StatusOr<double> Number(const char* name,
                                std::optional<double> otherwise = std::nullopt) const {
    GYRE_ASSIGN_OR_RETURN(std::optional<double> value, metadata_.Number(Key(name)));
    if (!value.has_value()) value = otherwise;
    if (!value.has_value()) return WrongKey(Key(name), "is missing");
    return *value;
  }

 private:
  const GgufMetadata& metadata_;
  std::string architecture_;
};

// With these the network computes something else.
absl::Status CheckSupportedKeys(const Keys& keys) {
  for (const char* name : {"expert_count", "attention.sliding_window"}) {
    GYRE_ASSIGN_OR_RETURN(const int64_t value, keys.Integer(name, 0));
    if (value == 0) continue;
    return absl::UnimplementedError(
        absl::StrCat("metadata \"", keys.Key(name), "\" is ", value, ", which is not supported"));
  }
  for (const char* name :
       {"logit_scale", "residual_scale", "embedding_scale", "attention.scale",
        "attention.clamp_kqv", "attention.max_alibi_bias", "attn_logit_softcapping",
        "final_logit_softcapping", "tensor_data_layout"}) {
    if (!keys.metadata().Has(keys.Key(name))) continue;
    return absl::UnimplementedError(
        absl::StrCat("metadata \"", keys.Key(name), "\" is not supported"));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> GgufHeadSize(const Keys& keys, const ModelConfig& config) {
  std::optional<int64_t> derived;
  if (config.num_heads > 0 && config.hidden_size % config.num_heads == 0) {
    derived = config.hidden_size / config.num_heads;
  }
  GYRE_ASSIGN_OR_RETURN(const int64_t keys_size, keys.Integer("attention.key_length", derived));
  GYRE_ASSIGN_OR_RETURN(const int64_t values_size,
                        keys.Integer("attention.value_length", keys_size));
  if (values_size != keys_size) {
    return absl::UnimplementedError(absl::StrCat("metadata \"", keys.Key("attention.value_length"),
                                                 "\" is ", values_size, ", not the keys' ",
                                                 keys_size, ", which is not supported"));
  }
  GYRE_ASSIGN_OR_RETURN(const int64_t turned, keys.Integer("rope.dimension_count", keys_size));
  if (turned != keys_size) {
    return absl::UnimplementedError(absl::StrCat("metadata \"", keys.Key("rope.dimension_count"),
                                                 "\" is ", turned, ", not the head's ", keys_size,
                                                 ", which is not supported"));
  }
  return keys_size;
}

// The id of a special token; ids outside the vocabulary are CheckModelConfig's to refuse.
absl::StatusOr<std::optional<int32_t>> GgufTokenId(const GgufMetadata& metadata, const char* key) {
  GYRE_ASSIGN_OR_RETURN(const std::optional<int64_t> id, metadata.Integer(key));
  if (!id.has_value()) return std::nullopt;
  if (*id < 0 || *id > std::numeric_limits<int32_t>::max()) {
    return WrongKey(key, absl::StrCat("is ", *id, ", which is no token id"));
  }
  return static_cast<int32_t>(*id);
}

absl::Status ReadTokenIds(const GgufMetadata& metadata, ModelConfig& config) {
  GYRE_ASSIGN_OR_RETURN(config.bos_token_id, GgufTokenId(metadata, "tokenizer.ggml.bos_token_id"));
  GYRE_ASSIGN_OR_RETURN(config.pad_token_id,
                        GgufTokenId(metadata, "tokenizer.ggml.padding_token_id"));
  if (config.pad_token_id >= config.vocab_size) config.pad_token_id.reset();
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                          "tokenizer.ggml.eom_token_id"}) {
    GYRE_ASSIGN_OR_RETURN(const std::optional<int32_t> id, GgufTokenId(metadata, key));
    if (!id.has_value()) continue;
    std::vector<int32_t>& ids = config.eos_token_ids;
    if (std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> VocabularySize(const GgufFile& file, const Keys& keys) {
  const std::string name = GgufNameOf("model.embed_tokens.weight");
  const GgufTensor* embedding = file.Find(name);
  if (embedding == nullptr || embedding->shape.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor \"", name, "\" is missing or is no matrix"));
  }
  GYRE_ASSIGN_OR_RETURN(const int64_t said, keys.Integer("vocab_size", embedding->shape[0]));
  if (said != embedding->shape[0]) {
    return WrongKey(keys.Key("vocab_size"),
                    absl::StrCat("is ", said, ", but tensor \"", name, "\" has the shape ",
                                 ShapeText(embedding->shape)));
  }
  return said;
}

}  // namespace

absl::StatusOr<ModelConfig> ReadGgufConfig(const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  GYRE_ASSIGN_OR_RETURN(const std::optional<std::string> architecture,
                        metadata.String("general.architecture"));
  if (!architecture.has_value()) return WrongKey("general.architecture", "is missing");
  const std::optional<ModelFamily> family = FamilyOfModelType(*architecture);
  if (!family.has_value()) {
    return absl::UnimplementedError(absl::StrCat("the architecture ", Quoted(*architecture),
                                                 " is not supported; known are ",
                                                 KnownModelTypes()));
  }
  const Keys keys(metadata, *architecture);
  GYRE_RETURN_IF_ERROR(CheckSupportedKeys(keys));
  ModelConfig config;
  config.family = *family;
  GYRE_ASSIGN_OR_RETURN(config.vocab_size, VocabularySize(file, keys));
  GYRE_ASSIGN_OR_RETURN(config.hidden_size, keys.Integer("embedding_length"));
  GYRE_ASSIGN_OR_RETURN(config.num_layers, keys.Integer("block_count"));
  GYRE_ASSIGN_OR_RETURN(config.num_heads, keys.Integer("attention.head_count"));
  GYRE_ASSIGN_OR_RETURN(config.num_kv_heads,
                        keys.Integer("attention.head_count_kv", config.num_heads));
  GYRE_ASSIGN_OR_RETURN(config.head_size, GgufHeadSize(keys, config));
  GYRE_ASSIGN_OR_RETURN(config.intermediate_size, keys.Integer("feed_forward_length"));
  GYRE_ASSIGN_OR_RETURN(config.max_positions, keys.Integer("context_length"));
  GYRE_ASSIGN_OR_RETURN(const double epsilon, keys.Number("attention.layer_norm_rms_epsilon"));
  config.rms_norm_epsilon = static_cast<float>(epsilon);
  GYRE_ASSIGN_OR_RETURN(config.rope_theta, keys.Number("rope.freq_base", 10000));
  config.tie_head = file.Find(GgufNameOf("lm_head.weight")) == nullptr;
  GYRE_RETURN_IF_ERROR(ReadTokenIds(metadata, config));
  GYRE_RETURN_IF_ERROR(CheckModelConfig(config));
  GYRE_ASSIGN_OR_RETURN(config.rope_scaling, ReadGgufRopeScaling(file, config));
  GYRE_RETURN_IF_ERROR(CheckModelConfig(config));
  return config;
}

}  // namespace gyre::weights

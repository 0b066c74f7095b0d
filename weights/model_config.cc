#include "weights/model_config.h"

#include <cmath>
#include <limits>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace gyre::weights {
namespace {

// Bounds every size, so that the network's size in bytes is a valid int64_t, and a config alone
// cannot ask for tables and lists beyond reason.
constexpr int64_t kMostOfAll = std::numeric_limits<int32_t>::max();
constexpr int64_t kMostWidth = int64_t{1} << 20;
constexpr int64_t kMostLayers = int64_t{1} << 12;
// Of max_position_embeddings · head_dim: RoPE tables of 1 GiB.
constexpr int64_t kMostRopeSize = int64_t{1} << 28;

absl::Status WrongConfig(const std::string& what) { return absl::InvalidArgumentError(what); }

bool IsPositive(double value) { return std::isfinite(value) && value > 0; }

absl::Status CheckRope(const ModelConfig& config) {
  // DoubleLog and the angles' precision want a theta and frequencies of at most 1.
  if (!std::isfinite(config.rope_theta) || config.rope_theta < 1) {
    return WrongConfig("rope_theta must be at least 1");
  }
  if (config.max_positions * config.head_size > kMostRopeSize) {
    return WrongConfig(absl::StrCat("max_position_embeddings · head_dim is over ", kMostRopeSize));
  }
  if (!config.rope_scaling.has_value()) return absl::OkStatus();
  const RopeScaling& scaling = *config.rope_scaling;
  if (!std::isfinite(scaling.factor) || scaling.factor < 1) {
    return WrongConfig("the RoPE scaling's factor must be at least 1");
  }
  if (!IsPositive(scaling.low_freq_factor) || !IsPositive(scaling.high_freq_factor) ||
      scaling.high_freq_factor <= scaling.low_freq_factor) {
    return WrongConfig(
        "the RoPE scaling's low_freq_factor must be above 0 and below high_freq_factor");
  }
  if (scaling.original_max_positions < 1 || scaling.original_max_positions > kMostOfAll) {
    return WrongConfig(absl::StrCat("the RoPE scaling's original_max_position_embeddings is ",
                                    scaling.original_max_positions, "; it must be from 1 to ",
                                    kMostOfAll));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckModelConfig(const ModelConfig& config) {
  const std::tuple<const char*, int64_t, int64_t> sizes[] = {
      {"vocab_size", config.vocab_size, kMostOfAll},
      {"hidden_size", config.hidden_size, kMostWidth},
      {"num_hidden_layers", config.num_layers, kMostLayers},
      {"num_attention_heads", config.num_heads, kMostWidth},
      {"num_key_value_heads", config.num_kv_heads, kMostWidth},
      {"head_dim", config.head_size, kMostWidth},
      {"intermediate_size", config.intermediate_size, kMostWidth},
      {"max_position_embeddings", config.max_positions, kMostOfAll}};
  for (const auto& [name, size, most] : sizes) {
    if (size < 1 || size > most) {
      return WrongConfig(absl::StrCat(name, " is ", size, "; it must be from 1 to ", most));
    }
  }
  if (config.num_heads % config.num_kv_heads != 0) {
    return WrongConfig(absl::StrCat("num_key_value_heads (", config.num_kv_heads,
                                    ") does not divide num_attention_heads (", config.num_heads,
                                    ")"));
  }
  if (config.head_size % 2 != 0) {
    return WrongConfig(absl::StrCat("head_dim is ", config.head_size, "; it must be even"));
  }
  if (config.head_size > kMostHeadSize) {
    return WrongConfig(absl::StrCat("head_dim is ", config.head_size, "; it must be at most ",
                                    kMostHeadSize, " (use more attention heads)"));
  }
  if (config.num_heads * config.head_size > kMostWidth) {
    return WrongConfig(absl::StrCat("num_attention_heads · head_dim is over ", kMostWidth));
  }
  if (!IsPositive(config.rms_norm_epsilon)) return WrongConfig("rms_norm_eps must be above 0");
  if (absl::Status status = CheckRope(config); !status.ok()) return status;

  auto check_token = [&](const char* name, int32_t id) {
    if (id >= 0 && id < config.vocab_size) return absl::OkStatus();
    return WrongConfig(
        absl::StrCat(name, " ", id, " is outside the vocabulary of ", config.vocab_size));
  };
  for (int32_t id : config.eos_token_ids) {
    if (absl::Status status = check_token("eos_token_id", id); !status.ok()) return status;
  }
  if (config.bos_token_id.has_value()) {
    absl::Status status = check_token("bos_token_id", *config.bos_token_id);
    if (!status.ok()) return status;
  }
  if (config.pad_token_id.has_value()) {
    return check_token("pad_token_id", *config.pad_token_id);
  }
  return absl::OkStatus();
}

}  // namespace gyre::weights

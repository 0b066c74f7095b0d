#include "weights/model_config.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gyre::weights {
namespace {

// Bounds every size, so that the product of any two is a valid int64_t.
constexpr int64_t kMaxSize = std::numeric_limits<int32_t>::max();

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

bool IsPositive(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

absl::Status CheckModelConfig(const ModelConfig& config) {
  const std::pair<const char*, int64_t> sizes[] = {
      {"vocab_size", config.vocab_size},
      {"hidden_size", config.hidden_size},
      {"num_hidden_layers", config.num_layers},
      {"num_attention_heads", config.num_heads},
      {"num_key_value_heads", config.num_kv_heads},
      {"head_dim", config.head_size},
      {"intermediate_size", config.intermediate_size},
      {"max_position_embeddings", config.max_positions}};
  for (const auto& [name, size] : sizes) {
    if (size < 1 || size > kMaxSize) {
      return Wrong(absl::StrCat(name, " is ", size, "; it must be from 1 to ", kMaxSize));
    }
  }
  if (config.num_heads % config.num_kv_heads != 0) {
    return Wrong(absl::StrCat("num_key_value_heads (", config.num_kv_heads,
                              ") does not divide num_attention_heads (", config.num_heads, ")"));
  }
  if (config.head_size % 2 != 0) {
    return Wrong(absl::StrCat("head_dim is ", config.head_size, "; it must be even"));
  }
  if (config.head_size > kMostHeadSize) {
    return Wrong(absl::StrCat("head_dim is ", config.head_size, "; it must be at most ",
                              kMostHeadSize, " (use more attention heads)"));
  }
  if (config.num_heads * config.head_size > kMaxSize) {
    return Wrong(absl::StrCat("num_attention_heads · head_dim is over ", kMaxSize));
  }
  if (!IsPositive(config.rms_norm_epsilon)) return Wrong("rms_norm_eps must be above 0");
  // Below 1 the angles would grow beyond the positions, and out of what the rope table can turn by.
  if (!IsPositive(config.rope_theta) || config.rope_theta < 1) {
    return Wrong("rope_theta must be at least 1");
  }

  auto check_token = [&](const char* name, int32_t id) {
    if (id >= 0 && id < config.vocab_size) return absl::OkStatus();
    return Wrong(absl::StrCat(name, " ", id, " is outside the vocabulary of ", config.vocab_size));
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

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "text/token_map.h"

namespace gyre::text {

// Tokens and their ids, each once. Immutable, thread-safe.
class Vocabulary {
 public:
  // INVALID_ARGUMENT: an empty token, a negative id or the largest int32, or an id that two tokens
  // share.
  static absl::StatusOr<Vocabulary> Create(TokenMap<int32_t> token_to_id);

  std::optional<int32_t> TokenToId(std::string_view token) const;

  // Empty view for an id that has no token.
  std::string_view IdToToken(int32_t id) const;

  const TokenMap<int32_t>& tokens() const { return token_to_id_; }

  // The largest id plus one.
  int32_t id_limit() const { return id_limit_; }

 private:
  Vocabulary() = default;

  TokenMap<int32_t> token_to_id_;
  std::unordered_map<int32_t, std::string_view> id_to_token_;  // into the keys of token_to_id_
  int32_t id_limit_ = 0;
};

}  // namespace gyre::text

#pragma once

#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "text/token_map.h"
#include "text/token_model.h"

namespace gyre::text {

// Model "WordLevel": a piece is a token, or the unknown token if there is one.
class WordLevelModel : public TokenModel {
 public:
  // INVALID_ARGUMENT: an empty token, a negative id, or an id that two tokens share.
  // `unknown_token` need not be in the vocabulary; pieces without a token are then refused.
  static absl::StatusOr<WordLevelModel> Create(TokenMap<int32_t> vocabulary,
                                               std::string_view unknown_token);

  bool Tokenize(std::string_view piece, std::vector<int32_t>* token_ids) const override;
  std::optional<int32_t> TokenToId(std::string_view token) const override;
  std::string_view IdToToken(int32_t id) const override;
  int32_t id_limit() const override { return id_limit_; }

 private:
  WordLevelModel() = default;

  TokenMap<int32_t> token_to_id_;
  std::unordered_map<int32_t, std::string> id_to_token_;
  std::optional<int32_t> unknown_id_;
  int32_t id_limit_ = 0;
};

}  // namespace gyre::text

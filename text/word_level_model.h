#pragma once

#include "text/token_model.h"
#include "text/vocabulary.h"

namespace gyre::text {

// Model "WordLevel": a piece is a token, or the unknown token if there is one.
class WordLevelModel : public TokenModel {
 public:
  // `unknown_token` need not be in the vocabulary; pieces without a token are then refused.
  WordLevelModel(Vocabulary vocabulary, std::string_view unknown_token);

  bool Tokenize(std::string_view piece, std::vector<int32_t>* token_ids) const override;
  std::optional<int32_t> TokenToId(std::string_view token) const override {
    return vocabulary_.TokenToId(token);
  }
  std::string_view IdToToken(int32_t id) const override { return vocabulary_.IdToToken(id); }
  int32_t id_limit() const override { return vocabulary_.id_limit(); }

 private:
  Vocabulary vocabulary_;
  std::optional<int32_t> unknown_id_;
};

}  // namespace gyre::text

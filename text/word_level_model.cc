#include "text/word_level_model.h"

#include <utility>

namespace gyre::text {

WordLevelModel::WordLevelModel(Vocabulary vocabulary, std::string_view unknown_token)
    : vocabulary_(std::move(vocabulary)), unknown_id_(vocabulary_.TokenToId(unknown_token)) {}

bool WordLevelModel::Tokenize(std::string_view piece, std::vector<int32_t>* token_ids) const {
  std::optional<int32_t> id = TokenToId(piece);
  if (!id.has_value()) id = unknown_id_;
  if (!id.has_value()) return false;
  token_ids->push_back(*id);
  return true;
}

}  // namespace gyre::text

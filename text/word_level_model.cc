#include "text/word_level_model.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gyre::text {

absl::StatusOr<WordLevelModel> WordLevelModel::Create(TokenMap<int32_t> vocabulary,
                                                      std::string_view unknown_token) {
  WordLevelModel model;
  for (const auto& [token, id] : vocabulary) {
    if (token.empty()) return absl::InvalidArgumentError("the vocabulary has an empty token");
    if (id < 0 || id == std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("token \"", absl::Utf8SafeCEscape(token), "\" has the impossible id ", id));
    }
    auto [entry, added] = model.id_to_token_.emplace(id, token);
    if (!added) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tokens \"", absl::Utf8SafeCEscape(std::min(token, entry->second)), "\" and \"",
          absl::Utf8SafeCEscape(std::max(token, entry->second)), "\" have the same id ", id));
    }
    model.id_limit_ = std::max(model.id_limit_, id + 1);
  }
  model.token_to_id_ = std::move(vocabulary);
  model.unknown_id_ = model.TokenToId(unknown_token);
  return model;
}

bool WordLevelModel::Tokenize(std::string_view piece, std::vector<int32_t>* token_ids) const {
  std::optional<int32_t> id = TokenToId(piece);
  if (!id.has_value()) id = unknown_id_;
  if (!id.has_value()) return false;
  token_ids->push_back(*id);
  return true;
}

std::optional<int32_t> WordLevelModel::TokenToId(std::string_view token) const {
  auto entry = token_to_id_.find(token);
  if (entry == token_to_id_.end()) return std::nullopt;
  return entry->second;
}

std::string_view WordLevelModel::IdToToken(int32_t id) const {
  auto entry = id_to_token_.find(id);
  return entry == id_to_token_.end() ? std::string_view() : std::string_view(entry->second);
}

}  // namespace gyre::text

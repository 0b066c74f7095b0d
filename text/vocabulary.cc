#include "text/vocabulary.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "text/one_line.h"

namespace gyre::text {

absl::StatusOr<Vocabulary> Vocabulary::Create(TokenMap<int32_t> token_to_id) {
  Vocabulary vocabulary;
  vocabulary.token_to_id_ = std::move(token_to_id);
  vocabulary.id_to_token_.reserve(vocabulary.token_to_id_.size());
  for (const auto& [token, id] : vocabulary.token_to_id_) {
    if (token.empty()) return absl::InvalidArgumentError("the vocabulary has an empty token");
    if (id < 0 || id == std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("token \"", OneLine(token), "\" has the impossible id ", id));
    }
    auto [entry, added] = vocabulary.id_to_token_.emplace(id, token);
    if (!added) {
      const std::string_view other = entry->second;
      return absl::InvalidArgumentError(absl::StrCat(
          "tokens \"", OneLine(std::min<std::string_view>(token, other)), "\" and \"",
          OneLine(std::max<std::string_view>(token, other)), "\" have the same id ", id));
    }
    vocabulary.id_limit_ = std::max(vocabulary.id_limit_, id + 1);
  }
  return vocabulary;
}

std::optional<int32_t> Vocabulary::TokenToId(std::string_view token) const {
  auto entry = token_to_id_.find(token);
  if (entry == token_to_id_.end()) return std::nullopt;
  return entry->second;
}

std::string_view Vocabulary::IdToToken(int32_t id) const {
  auto entry = id_to_token_.find(id);
  return entry == id_to_token_.end() ? std::string_view() : entry->second;
}

}  // namespace gyre::text

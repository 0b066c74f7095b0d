#include "text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gyre::text {

absl::StatusOr<AddedTokens> AddedTokens::Create(std::vector<AddedToken> tokens) {
  AddedTokens result;
  std::stable_sort(tokens.begin(), tokens.end(), [](const AddedToken& a, const AddedToken& b) {
    return a.content.size() > b.content.size();
  });
  result.tokens_ = std::move(tokens);
  for (size_t i = 0; i < result.tokens_.size(); ++i) {
    const AddedToken& token = result.tokens_[i];
    if (token.content.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("added token ", token.id, " is empty"));
    }
    if (!result.by_content_.emplace(token.content, i).second ||
        !result.by_id_.emplace(token.id, i).second) {
      return absl::InvalidArgumentError(absl::StrCat("added token ", token.id, " \"",
                                                     absl::Utf8SafeCEscape(token.content),
                                                     "\": its text or its id is given twice"));
    }
    FirstByteIndex& index = token.normalized ? result.normalized_ : result.raw_;
    index[static_cast<unsigned char>(token.content[0])].push_back(i);
  }
  return result;
}

std::vector<AddedTokens::Stretch> AddedTokens::Cut(std::string_view text, bool normalized) const {
  const FirstByteIndex& index = normalized ? normalized_ : raw_;
  std::vector<Stretch> stretches;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* token = LongestAt(text.substr(at), index);
    if (token == nullptr) {
      ++at;
      continue;
    }
    if (at > done) stretches.push_back({text.substr(done, at - done), std::nullopt});
    stretches.push_back({text.substr(at, token->content.size()), token->id});
    at += token->content.size();
    done = at;
  }
  if (done < text.size()) stretches.push_back({text.substr(done), std::nullopt});
  return stretches;
}

const AddedToken* AddedTokens::LongestAt(std::string_view text, const FirstByteIndex& index) const {
  for (size_t i : index[static_cast<unsigned char>(text[0])]) {
    if (text.starts_with(tokens_[i].content)) return &tokens_[i];
  }
  return nullptr;
}

const AddedToken* AddedTokens::FindId(int32_t id) const {
  auto entry = by_id_.find(id);
  return entry == by_id_.end() ? nullptr : &tokens_[entry->second];
}

const AddedToken* AddedTokens::FindContent(std::string_view content) const {
  auto entry = by_content_.find(content);
  return entry == by_content_.end() ? nullptr : &tokens_[entry->second];
}

}  // namespace gyre::text

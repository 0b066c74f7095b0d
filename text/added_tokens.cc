#include "text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "text/character_classes.h"
#include "text/one_line.h"
#include "text/utf8.h"

namespace gyre::text {
namespace {

// Real ones have some dozens. At every place of a text as many bytes may have to be compared.
constexpr size_t kMaxContentBytes = 4 << 10;

bool HasClassBefore(std::string_view text, size_t end, CharacterClass wanted) {
  if (end == 0) return false;
  const size_t begin = end - Utf8SizeBefore(text, end);
  return (ClassesOf(Utf8CharacterAt(text, begin).value) & wanted) != 0;
}

bool HasClassAt(std::string_view text, size_t begin, CharacterClass wanted) {
  return begin < text.size() && (ClassesOf(Utf8CharacterAt(text, begin).value) & wanted) != 0;
}

}  // namespace

absl::StatusOr<AddedTokens> AddedTokens::Create(std::vector<AddedToken> tokens,
                                                const Normalizer* normalizer) {
  AddedTokens result;
  std::stable_sort(tokens.begin(), tokens.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  result.tokens_ = std::move(tokens);
  std::string storage;
  for (size_t i = 0; i < result.tokens_.size(); ++i) {
    AddedToken& token = result.tokens_[i];
    if (token.content.empty() || token.content.size() > kMaxContentBytes) {
      return absl::InvalidArgumentError(absl::StrCat("added token ", token.id, " has ",
                                                     token.content.size(), " bytes; 1 to ",
                                                     kMaxContentBytes, " are allowed"));
    }
    if (!result.by_content_.emplace(token.content, i).second ||
        !result.by_id_.emplace(token.id, i).second) {
      return absl::InvalidArgumentError(absl::StrCat("added token ", token.id, " \"",
                                                     OneLine(token.content),
                                                     "\": its text or its id is given twice"));
    }
    token.decoded = token.content;
    if (token.normalized && normalizer != nullptr) {
      token.decoded = normalizer->Normalize(token.content, &storage);
    }
    PatternList& list = token.normalized ? result.normalized_ : result.raw_;
    list.patterns.push_back({token.decoded, i});
  }
  result.raw_.Sort();
  result.normalized_.Sort();
  return result;
}

void AddedTokens::PatternList::Sort() {
  std::stable_sort(patterns.begin(), patterns.end(),
                   [](const Pattern& a, const Pattern& b) { return a.text < b.text; });
  auto same = [](const Pattern& a, const Pattern& b) { return a.text == b.text; };
  patterns.erase(std::unique(patterns.begin(), patterns.end(), same), patterns.end());
  size_t i = 0;
  for (size_t byte = 0; byte < begin.size(); ++byte) {
    while (i < patterns.size() && static_cast<unsigned char>(patterns[i].text[0]) < byte) ++i;
    begin[byte] = i;
  }
}

const AddedTokens::Pattern* AddedTokens::PatternList::LongestAt(std::string_view text) const {
  const auto first_byte = static_cast<unsigned char>(text[0]);
  auto first = patterns.begin() + begin[first_byte];
  auto last = patterns.begin() + begin[first_byte + 1];
  const Pattern* longest = nullptr;
  // [first, last) begin with the first `depth` bytes of the text.
  for (size_t depth = 1; first != last; ++depth) {
    if (first->text.size() == depth) longest = &*first++;
    if (depth == text.size()) break;
    auto byte_of = [depth](const Pattern& pattern) {
      return static_cast<unsigned char>(pattern.text[depth]);
    };
    const auto byte = static_cast<unsigned char>(text[depth]);
    first = std::partition_point(first, last, [&](const Pattern& p) { return byte_of(p) < byte; });
    last = std::partition_point(first, last, [&](const Pattern& p) { return byte_of(p) == byte; });
  }
  return longest;
}

std::vector<AddedTokens::Stretch> AddedTokens::Cut(std::string_view text, bool normalized) const {
  const PatternList& list = normalized ? normalized_ : raw_;
  std::vector<Stretch> stretches;
  if (list.patterns.empty()) {
    if (!text.empty()) stretches.push_back({text, std::nullopt});
    return stretches;
  }
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const Pattern* pattern = list.LongestAt(text.substr(at));
    if (pattern == nullptr) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[pattern->token];
    size_t begin = at, end = at + pattern->text.size();
    at = end;
    if (token.single_word && (HasClassBefore(text, begin, kWord) || HasClassAt(text, end, kWord))) {
      continue;
    }
    if (token.lstrip) {
      while (HasClassBefore(text, begin, kSpace)) begin -= Utf8SizeBefore(text, begin);
      begin = std::max(begin, done);
    }
    if (token.rstrip) {
      while (HasClassAt(text, end, kSpace)) end += Utf8CharacterAt(text, end).size;
    }
    // A token of white space may have been taken by the one in front; it still counts, unless it
    // strips to the left, too: `tokenizers` has it so.
    if (begin > done) stretches.push_back({text.substr(done, begin - done), std::nullopt});
    if (begin < end) stretches.push_back({text.substr(begin, end - begin), token.id});
    done = end;
  }
  if (done < text.size()) stretches.push_back({text.substr(done), std::nullopt});
  return stretches;
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

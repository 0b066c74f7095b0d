#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "text/token_map.h"

namespace gyre::text {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;     // left out by SpecialTokens::kSkip
  bool normalized = false;  // looked for after the normalizer, in what the others left over
};

// The `added_tokens` of a tokenizer.json: they are cut from the text before pre-tokenizer and model
// look at it, leftmost first and the longest of those that begin at one place. Immutable,
// thread-safe.
class AddedTokens {
 public:
  // A stretch of text: one added token, or text between them (id is empty).
  struct Stretch {
    std::string_view text;
    std::optional<int32_t> id;
  };

  // INVALID_ARGUMENT: an empty token, or a content or id given twice.
  static absl::StatusOr<AddedTokens> Create(std::vector<AddedToken> tokens);

  // The stretches of `text` in order, none empty; they point into `text`. Looks only for tokens
  // whose `normalized` is as given.
  std::vector<Stretch> Cut(std::string_view text, bool normalized) const;

  // nullptr if there is none.
  const AddedToken* FindId(int32_t id) const;
  const AddedToken* FindContent(std::string_view content) const;

  const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  AddedTokens() = default;
  // Indices in tokens_ by the first byte of the content, longest first.
  using FirstByteIndex = std::array<std::vector<size_t>, 256>;
  const AddedToken* LongestAt(std::string_view text, const FirstByteIndex& index) const;

  std::vector<AddedToken> tokens_;  // longest first
  FirstByteIndex raw_;
  FirstByteIndex normalized_;
  std::unordered_map<int32_t, size_t> by_id_;  // index in tokens_
  TokenMap<size_t> by_content_;                // index in tokens_
};

}  // namespace gyre::text

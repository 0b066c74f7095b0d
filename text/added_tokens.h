#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "text/normalizer.h"
#include "text/token_map.h"

namespace gyre::text {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;      // left out by SpecialTokens::kSkip
  bool normalized = false;   // looked for after the normalizer, in what the others left over
  bool single_word = false;  // only where no letter, digit or the like touches it
  bool lstrip = false;       // takes the white space in front with it
  bool rstrip = false;       // and behind
  std::string decoded = {};  // its text, in the form that is looked for; Create sets it
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

  // `normalizer` (or nullptr) is applied to the content of `normalized` tokens, too, before it is
  // looked for. INVALID_ARGUMENT: an empty token, one above 4 KiB, or a content or id given twice.
  static absl::StatusOr<AddedTokens> Create(std::vector<AddedToken> tokens,
                                            const Normalizer* normalizer);

  // The stretches of `text` in order, none empty; they point into `text`. Looks only for tokens
  // whose `normalized` is as given.
  std::vector<Stretch> Cut(std::string_view text, bool normalized) const;

  // nullptr if there is none.
  const AddedToken* FindId(int32_t id) const;
  const AddedToken* FindContent(std::string_view content) const;

  // In order of id.
  const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  // Of what is looked for: the text, and which token it stands for.
  struct Pattern {
    std::string text;
    size_t token = 0;  // index in tokens_
  };
  // Sorted by text, each text once. Those that begin with byte b are at [begin[b], begin[b + 1]).
  struct PatternList {
    std::vector<Pattern> patterns;
    std::array<size_t, 257> begin = {};

    void Sort();
    // The longest that `text` begins with; nullptr if there is none.
    const Pattern* LongestAt(std::string_view text) const;
  };

  AddedTokens() = default;

  std::vector<AddedToken> tokens_;
  PatternList raw_;
  PatternList normalized_;
  std::unordered_map<int32_t, size_t> by_id_;  // index in tokens_
  TokenMap<size_t> by_content_;                // index in tokens_
};

}  // namespace gyre::text

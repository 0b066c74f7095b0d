#pragma once

#include <optional>
#include <string_view>

#include "text/text_matcher.h"

namespace gyre::text {

inline constexpr char kGpt2Pattern[] =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
inline constexpr char kLlama3Pattern[] =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
inline constexpr char kQwen2Pattern[] =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";

// The patterns by which GPT-2, Llama-3 and Qwen2 cut text into words, by hand: several times as
// fast as a regular expression, in linear time whatever the text, and with the character classes of
// `tokenizers` itself. Every character of a text lies in a match.
class WordScanner : public TextMatcher {
 public:
  // The scanner that does what this regular expression does; nothing if it is none of the three.
  static std::optional<WordScanner> ForPattern(std::string_view regex);

  // GPT-2's pattern, which the component ByteLevel has built in.
  static WordScanner Gpt2() { return WordScanner(Dialect::kGpt2); }

  absl::Status ForEachMatch(std::string_view text, Visitor visit) const override;

 private:
  enum class Dialect { kGpt2, kLlama3, kQwen2 };
  explicit WordScanner(Dialect dialect) : dialect_(dialect) {}

  // The end of the match that begins at `begin`, which is before the text's end.
  size_t EndOfGpt2Match(std::string_view text, size_t begin) const;
  size_t EndOfModernMatch(std::string_view text, size_t begin) const;

  Dialect dialect_;
};

}  // namespace gyre::text

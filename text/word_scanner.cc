#include "text/word_scanner.h"

#include <cstdint>

#include "base/status_macros.h"
#include "text/character_classes.h"
#include "text/utf8.h"

namespace gyre::text {
namespace {

// Of these classes a character has one or none; none is what [^\s\p{L}\p{N}] matches.
constexpr uint8_t kKinds = kLetter | kNumber | kSpace;

struct KindOfCharacter {
  uint8_t kind = 0;
  size_t size = 1;
};

KindOfCharacter KindAt(std::string_view text, size_t at) {
  const Utf8Character character = Utf8CharacterAt(text, at);
  return {static_cast<uint8_t>(ClassesOf(character.value) & kKinds), character.size};
}

bool HasKindAt(std::string_view text, size_t at, uint8_t kind) {
  return at < text.size() && KindAt(text, at).kind == kind;
}

// The end of the run of characters of one kind that begins at `at`.
size_t EndOfRun(std::string_view text, size_t at, uint8_t kind) {
  while (at < text.size()) {
    const KindOfCharacter next = KindAt(text, at);
    if (next.kind != kind) break;
    at += next.size;
  }
  return at;
}

bool IsLineEnd(char byte) { return byte == '\r' || byte == '\n'; }

char Lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte; }

// The end of 's, 't, 're, 've, 'm, 'll or 'd at `begin`, where an apostrophe stands; `begin` if
// none is there.
size_t EndOfContraction(std::string_view text, size_t begin, bool any_case) {
  // U+017F is a lower-case s to whoever ignores case.
  if (any_case && text.substr(begin + 1).starts_with("\u017F")) return begin + 3;
  auto letter = [&](size_t i) -> char {
    if (begin + i >= text.size()) return '\0';
    return any_case ? Lower(text[begin + i]) : text[begin + i];
  };
  const char first = letter(1);
  switch (first) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return begin + 2;
    case 'r':
    case 'v':
      return letter(2) == 'e' ? begin + 3 : begin;
    case 'l':
      return letter(2) == 'l' ? begin + 3 : begin;
    default:
      return begin;
  }
}

// \s+(?!\S)|\s+ for the run of spaces [begin, end): all of it at the text's end, else all but the
// last one, which goes to the word behind; but at least one.
size_t EndOfSpaces(std::string_view text, size_t begin, size_t end) {
  if (end == text.size()) return end;
  const size_t last = end - Utf8SizeBefore(text, end);
  return last > begin ? last : end;
}

}  // namespace

std::optional<WordScanner> WordScanner::ForPattern(std::string_view regex) {
  if (regex == kGpt2Pattern) return WordScanner(Dialect::kGpt2);
  if (regex == kLlama3Pattern) return WordScanner(Dialect::kLlama3);
  if (regex == kQwen2Pattern) return WordScanner(Dialect::kQwen2);
  return std::nullopt;
}

absl::Status WordScanner::ForEachMatch(std::string_view text, Visitor visit) const {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end =
        dialect_ == Dialect::kGpt2 ? EndOfGpt2Match(text, begin) : EndOfModernMatch(text, begin);
    GYRE_RETURN_IF_ERROR(visit(begin, end));
    begin = end;
  }
  return absl::OkStatus();
}

size_t WordScanner::EndOfGpt2Match(std::string_view text, size_t begin) const {
  if (text[begin] == '\'') {
    const size_t end = EndOfContraction(text, begin, /*any_case=*/false);
    if (end > begin) return end;
  }
  const KindOfCharacter first = KindAt(text, begin);
  if (first.kind != kSpace) return EndOfRun(text, begin + first.size, first.kind);
  if (text[begin] == ' ' && begin + 1 < text.size()) {
    const KindOfCharacter second = KindAt(text, begin + 1);
    if (second.kind != kSpace) return EndOfRun(text, begin + 1 + second.size, second.kind);
  }
  return EndOfSpaces(text, begin, EndOfRun(text, begin, kSpace));
}

size_t WordScanner::EndOfModernMatch(std::string_view text, size_t begin) const {
  if (text[begin] == '\'') {
    const size_t end = EndOfContraction(text, begin, /*any_case=*/true);
    if (end > begin) return end;
  }
  const KindOfCharacter first = KindAt(text, begin);
  const size_t second = begin + first.size;
  // [^\r\n\p{L}\p{N}]?\p{L}+
  if (first.kind == kLetter) return EndOfRun(text, second, kLetter);
  if (first.kind != kNumber && !IsLineEnd(text[begin]) && HasKindAt(text, second, kLetter)) {
    return EndOfRun(text, second, kLetter);
  }
  if (first.kind == kNumber) {
    const int most = dialect_ == Dialect::kLlama3 ? 3 : 1;
    size_t end = second;
    for (int count = 1; count < most && HasKindAt(text, end, kNumber); ++count) {
      end += KindAt(text, end).size;
    }
    return end;
  }
  // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
  if (first.kind == 0 || (text[begin] == ' ' && HasKindAt(text, second, 0))) {
    size_t end = EndOfRun(text, second, 0);
    while (end < text.size() && IsLineEnd(text[end])) ++end;
    return end;
  }
  // \s*[\r\n]+ reaches to the last line end of the run of spaces.
  const size_t end = EndOfRun(text, second, kSpace);
  for (size_t line_end = end; line_end > begin; --line_end) {
    if (IsLineEnd(text[line_end - 1])) return line_end;
  }
  return EndOfSpaces(text, begin, end);
}

}  // namespace gyre::text

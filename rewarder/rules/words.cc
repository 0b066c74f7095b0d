#include "rewarder/rules/words.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "text/utf8.h"

namespace gyre::rewarder::rules {
namespace {

struct CloseIterator {
  void operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }
};
struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

absl::Status FaultOf(UErrorCode code) {
  return absl::InternalError(absl::StrCat("ICU cannot find words: ", u_errorName(code)));
}

bool IsKana(int script) { return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA; }

// The script of a word that has had letters of both.
int Joined(int script, int other) {
  if (script == other) return script;
  const bool is_japanese =
      (IsKana(script) || script == USCRIPT_HAN) && (IsKana(other) || other == USCRIPT_HAN);
  return is_japanese ? USCRIPT_HIRAGANA : kMixedScripts;
}

// Whether it is a word of a language; fills in its script.
bool IsOfALanguage(Word& word) {
  const std::string_view text(word.text.data(), word.text.size());
  int letters = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [character, size] = text::Utf8CharacterAt(text, at);
    at += size;
    if (character == '_' || u_isdigit(static_cast<UChar32>(character))) return false;
    UErrorCode code = U_ZERO_ERROR;
    const int script = uscript_getScript(static_cast<UChar32>(character), &code);
    if (U_FAILURE(code) || script == USCRIPT_COMMON || script == USCRIPT_INHERITED ||
        script == USCRIPT_UNKNOWN)
      continue;
    word.script = letters++ == 0 ? script : Joined(word.script, script);
  }
  const bool is_alphabetic = word.script == USCRIPT_LATIN || word.script == USCRIPT_GREEK;
  return letters > 1 || (letters == 1 && !is_alphabetic);
}

}  // namespace

absl::StatusOr<std::vector<Word>> WordsOf(absl::string_view text) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<UText, CloseText> input(
      utext_openUTF8(nullptr, text.data(), static_cast<int64_t>(text.size()), &code));
  const std::unique_ptr<UBreakIterator, CloseIterator> breaks(
      ubrk_open(UBRK_WORD, "", nullptr, 0, &code));
  if (U_SUCCESS(code)) ubrk_setUText(breaks.get(), input.get(), &code);
  if (U_FAILURE(code)) return FaultOf(code);
  std::vector<Word> words;
  int32_t start = ubrk_first(breaks.get());
  for (int32_t end = ubrk_next(breaks.get()); end != UBRK_DONE;
       start = end, end = ubrk_next(breaks.get())) {
    if (ubrk_getRuleStatus(breaks.get()) < UBRK_WORD_LETTER) continue;
    Word word = {
        text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start)), 0};
    if (IsOfALanguage(word)) words.push_back(word);
  }
  return words;
}

}  // namespace gyre::rewarder::rules

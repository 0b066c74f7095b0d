#include "rewarder/rules/language_share.h"

#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <cstddef>
// CLD2's header uses FILE without including it.
#include <cstdio>
#include <vector>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rewarder/rules/prose.h"
#include "rewarder/rules/words.h"

namespace gyre::rewarder::rules {
namespace {

struct LanguageScript {
  const char* language;
  const char* cld2_language;
  int script;
  bool is_shared;  // with other languages, which CLD2 tells apart
};

constexpr std::array<LanguageScript, 40> kLanguages = {{
    {"en", "en", USCRIPT_LATIN, true},      {"de", "de", USCRIPT_LATIN, true},
    {"fr", "fr", USCRIPT_LATIN, true},      {"es", "es", USCRIPT_LATIN, true},
    {"it", "it", USCRIPT_LATIN, true},      {"pt", "pt", USCRIPT_LATIN, true},
    {"nl", "nl", USCRIPT_LATIN, true},      {"pl", "pl", USCRIPT_LATIN, true},
    {"cs", "cs", USCRIPT_LATIN, true},      {"sv", "sv", USCRIPT_LATIN, true},
    {"da", "da", USCRIPT_LATIN, true},      {"no", "no", USCRIPT_LATIN, true},
    {"fi", "fi", USCRIPT_LATIN, true},      {"hu", "hu", USCRIPT_LATIN, true},
    {"ro", "ro", USCRIPT_LATIN, true},      {"tr", "tr", USCRIPT_LATIN, true},
    {"vi", "vi", USCRIPT_LATIN, true},      {"id", "id", USCRIPT_LATIN, true},
    {"ru", "ru", USCRIPT_CYRILLIC, true},   {"uk", "uk", USCRIPT_CYRILLIC, true},
    {"bg", "bg", USCRIPT_CYRILLIC, true},   {"sr", "sr", USCRIPT_CYRILLIC, true},
    {"ar", "ar", USCRIPT_ARABIC, true},     {"fa", "fa", USCRIPT_ARABIC, true},
    {"ur", "ur", USCRIPT_ARABIC, true},     {"hi", "hi", USCRIPT_DEVANAGARI, true},
    {"mr", "mr", USCRIPT_DEVANAGARI, true}, {"ne", "ne", USCRIPT_DEVANAGARI, true},
    {"zh", "zh", USCRIPT_HAN, false},       {"ja", "ja", USCRIPT_HIRAGANA, false},
    {"ko", "ko", USCRIPT_HANGUL, false},    {"he", "iw", USCRIPT_HEBREW, false},
    {"el", "el", USCRIPT_GREEK, false},     {"th", "th", USCRIPT_THAI, false},
    {"ka", "ka", USCRIPT_GEORGIAN, false},  {"hy", "hy", USCRIPT_ARMENIAN, false},
    {"ta", "ta", USCRIPT_TAMIL, false},     {"te", "te", USCRIPT_TELUGU, false},
    {"bn", "bn", USCRIPT_BENGALI, false},   {"gu", "gu", USCRIPT_GUJARATI, false},
}};

const LanguageScript* Find(const std::string& language) {
  const auto found =
      std::find_if(kLanguages.begin(), kLanguages.end(),
                   [&](const LanguageScript& each) { return each.language == language; });
  return found == kLanguages.end() ? nullptr : &*found;
}

bool IsJapanese(int script) {
  return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_HAN;
}

bool IsOfScript(const Word& word, const LanguageScript& target, bool has_kana) {
  // Han characters are Japanese in a text with kana, Chinese in one without.
  if (target.script == USCRIPT_HIRAGANA) return IsJapanese(word.script) && has_kana;
  if (target.script == USCRIPT_HAN) return word.script == USCRIPT_HAN && !has_kana;
  return word.script == target.script;
}

// The part of a chunk that CLD2 is sure to be of other languages: 0 to 1.
double ShareOfOthers(absl::string_view chunk, CLD2::Language target) {
  const CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
  CLD2::Language languages[3];
  int percents[3];
  double scores[3];
  int text_bytes;
  bool is_reliable;
  CLD2::ExtDetectLanguageSummary(chunk.data(), static_cast<int>(chunk.size()),
                                 /*is_plain_text=*/true, &hints, /*flags=*/0, languages, percents,
                                 scores, nullptr, &text_bytes, &is_reliable);
  if (!is_reliable) return 0;
  int others = 0;
  for (int i = 0; i < 3; ++i)
    if (languages[i] != CLD2::UNKNOWN_LANGUAGE && languages[i] != target) others += percents[i];
  return std::min(others, 100) / 100.0;
}

double WordsOfTarget(const std::vector<absl::string_view>& words, const LanguageScript& target) {
  const double count = static_cast<double>(words.size());
  if (!target.is_shared || words.empty()) return count;
  const CLD2::Language language = CLD2::GetLanguageFromName(target.cld2_language);
  double total = 0;
  const std::size_t chunks = std::max<std::size_t>(1, words.size() / kChunkWords);
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const std::size_t first = chunk * kChunkWords;
    const std::size_t end = chunk + 1 == chunks ? words.size() : first + kChunkWords;
    std::string text;
    for (std::size_t i = first; i < end; ++i) absl::StrAppend(&text, words[i], " ");
    total += static_cast<double>(end - first) * (1 - ShareOfOthers(text, language));
  }
  return total;
}

}  // namespace

absl::Status CheckLanguage(const std::string& language) {
  if (Find(language) != nullptr) return absl::OkStatus();
  std::string known;
  for (const LanguageScript& each : kLanguages)
    absl::StrAppend(&known, known.empty() ? "" : ", ", each.language);
  return absl::InvalidArgumentError(
      absl::StrCat("\"", language, "\" is no language whose words are known; those are ", known));
}

absl::StatusOr<LanguageShare> ShareOfLanguage(absl::string_view text, const std::string& language) {
  const LanguageScript* target = Find(language);
  if (target == nullptr) return CheckLanguage(language);
  const std::string prose = ProseOf(text);
  const auto words = WordsOf(prose);
  if (!words.ok()) return words.status();
  const bool has_kana = std::any_of(words->begin(), words->end(), [](const Word& word) {
    return word.script == USCRIPT_HIRAGANA || word.script == USCRIPT_KATAKANA;
  });
  LanguageShare share;
  std::vector<absl::string_view> of_script;
  for (const Word& word : *words) {
    ++share.words;
    if (IsOfScript(word, *target, has_kana)) of_script.push_back(word.text);
  }
  share.of_target = WordsOfTarget(of_script, *target);
  return share;
}

}  // namespace gyre::rewarder::rules

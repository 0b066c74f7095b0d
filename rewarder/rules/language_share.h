#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gyre::rewarder::rules {

// How many words of a text are of a language.
struct LanguageShare {
  int64_t words = 0;     // of any language (WordsOf the text's ProseOf)
  double of_target = 0;  // of the target; not whole, since some are told apart in chunks

  // Num(words of the target) / Num(words) (Nature 2025, s41586-025-09422-z, eq. 7); 0 for no words.
  double ratio() const { return words == 0 ? 0 : of_target / static_cast<double>(words); }
};

// `language` is a code of ISO 639-1 ("en", "zh", "ja", "ru" …). A word of another script, or of
// several, is not of the target. Where the target's script serves several languages, CLD2 looks at
// chunks of kChunkWords words of that script: what it finds of others, and calls reliable, is not
// of the target; a chunk of which it is not sure is. INVALID_ARGUMENT: a language that is not
// known.
inline constexpr int kChunkWords = 40;
absl::StatusOr<LanguageShare> ShareOfLanguage(absl::string_view text, const std::string& language);

// INVALID_ARGUMENT that names the language, or OK.
absl::Status CheckLanguage(const std::string& language);

}  // namespace gyre::rewarder::rules

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gyre::rewarder::rules {

// A word, and the script of its letters.
struct Word {
  absl::string_view text;  // of the text that was taken apart
  int script = 0;          // ICU's UScriptCode; kMixedScripts: letters of several
};
inline constexpr int kMixedScripts = -1;

// The words of well-formed UTF-8 by ICU's rules (Unicode's UAX #29; dictionaries for Chinese,
// Japanese, Thai …), in order. Left out is what is a word of no language: numbers and punctuation,
// single Latin and Greek letters, and identifiers (with a digit or an underscore). Han and kana in
// one word are no mixture: it counts as kana. INTERNAL: ICU's data is not installed.
absl::StatusOr<std::vector<Word>> WordsOf(absl::string_view text);

}  // namespace gyre::rewarder::rules

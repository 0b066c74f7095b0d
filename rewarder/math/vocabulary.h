#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {

// The words that the parser knows.

// The name of the function that `word` (a command or a word of plain text) stands for: "sin", also
// for "Sin"; empty if it is none.
absl::string_view FunctionNamed(absl::string_view word);

// Whether the word is a letter of the Greek alphabet or another symbol's name, "alpha", "ell".
bool IsSymbolName(absl::string_view word);

// The sign that Kind::kRelation uses for a command, such as 'l' for \le; 0 if it is no relation.
char RelationNamed(absl::string_view command);

// Whether `word` is the beginning of a unit of measure that may stand behind a number in plain
// text.
bool IsUnitWord(absl::string_view word);

}  // namespace gyre::rewarder::math

#pragma once

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {

// The LaTeX or ASCII that means the same as a character of Unicode; null if it has no such meaning,
// empty if it means nothing (a zero-width character). Superscript and subscript characters are not
// among them.
const absl::string_view* SignFor(char32_t character);

// '7' for ⁷ (or ₇), 'n' for ⁿ; 0 if the character is no superscript (subscript).
char SuperscriptFor(char32_t character);
char SubscriptFor(char32_t character);

}  // namespace gyre::rewarder::math

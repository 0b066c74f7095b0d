#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"
#include "rewarder/math/token.h"

namespace gyre::rewarder::math {

// Reads the number that begins at text[at], a digit or a point in front of one, into `token` and
// says how many bytes it has. With `joins_commas` a comma between groups of three digits belongs
// to the number; the LaTeX forms 1{,}000 and 1,\!000 always do.
size_t ReadNumber(absl::string_view text, size_t at, bool joins_commas, Token* token);

}  // namespace gyre::rewarder::math

#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {

// `text` with one spelling for what has several: signs of Unicode become the LaTeX or ASCII that
// means the same (− × √ ² ½ ∞ π ≤ ６), zero-width characters go, other blanks become spaces; the
// marks around mathematics ($, \( \), \[ \], Markdown's **, a full stop at the end) go, \$ and the
// signs of other currencies become \currency. Bytes that are not UTF-8 become '?'. The result is
// ASCII except for letters without a meaning in mathematics. Linear.
std::string Clean(absl::string_view text);

}  // namespace gyre::rewarder::math

#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::rules {

// A text without what belongs to no language: code between ``` or `, mathematics between $, $$, \(
// \) or \[ \], other LaTeX commands, web addresses and <tags>; each becomes a blank. Invalid UTF-8
// becomes a blank, too. A bracket that nothing closes is text. At most the first kMostProseBytes
// are looked at. One pass.
inline constexpr int kMostProseBytes = 1 << 20;
std::string ProseOf(absl::string_view text);

}  // namespace gyre::rewarder::rules

#pragma once

#include <string>
#include <string_view>

namespace gyre::text {

// `text` for a message: on one line, whatever a file says, and cut off where nobody reads on.
std::string OneLine(std::string_view text);

}  // namespace gyre::text

#pragma once

#include <string_view>

namespace gyre::text {

// As Python's str.lstrip(mark), rstrip(mark) and strip() do; `text` is valid UTF-8.
std::string_view StripLeft(std::string_view text, char mark);
std::string_view StripRight(std::string_view text, char mark);
std::string_view StripWhiteSpace(std::string_view text);

}  // namespace gyre::text

#pragma once

#include <optional>
#include <string_view>

namespace gyre::text {

// The byte offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no overlong
// forms, no surrogates, at most U+10FFFF), or nothing if all of `text` is.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

}  // namespace gyre::text

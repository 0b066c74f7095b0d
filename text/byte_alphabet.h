#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gyre::text {

// Byte-level tokenizers write their tokens, which are bytes, as text: bytes that are visible
// characters in Latin-1 stand for themselves, the other 68 are U+0100, U+0101 … in order (so a
// space is "Ġ").

// nullopt: a character of `written` stands for no byte.
std::optional<std::string> BytesOfWritten(std::string_view written);

std::string WrittenBytes(std::string_view bytes);

}  // namespace gyre::text

#include "text/one_line.h"

namespace gyre::text {

std::string OneLine(std::string_view text) {
  constexpr size_t kMostBytes = 300;
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string line;
  for (char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    const bool begins_character = (byte & 0xC0) != 0x80;
    if (line.size() >= kMostBytes && begins_character) return line + "…";
    if (byte >= 0x20 && byte != 0x7F) {
      line.push_back(character);
    } else {
      line.append("\\x").append(1, kHexDigits[byte >> 4]).append(1, kHexDigits[byte & 15]);
    }
  }
  return line;
}

}  // namespace gyre::text

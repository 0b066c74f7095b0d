#include "text/utf8.h"

namespace gyre::text {

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  auto byte = [&](size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    // The second byte's range excludes overlong forms, surrogates and what is beyond U+10FFFF (RFC
    // 3629, section 4).
    size_t size = 0;
    unsigned second_min = 0x80, second_max = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
      size = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
      size = 3;
      if (first == 0xE0) second_min = 0xA0;
      if (first == 0xED) second_max = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      size = 4;
      if (first == 0xF0) second_min = 0x90;
      if (first == 0xF4) second_max = 0x8F;
    } else {
      return i;
    }
    if (i + size > text.size() || byte(i + 1) < second_min || byte(i + 1) > second_max) return i;
    for (size_t j = 2; j < size; ++j) {
      if ((byte(i + j) & 0xC0) != 0x80) return i;
    }
    i += size;
  }
  return std::nullopt;
}

}  // namespace gyre::text

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gyre::text {

// The byte offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no overlong
// forms, no surrogates, at most U+10FFFF), or nothing if all of `text` is.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

// `bytes` with U+FFFD for each maximal part of a character that is not well-formed (Unicode 15,
// section 3.9, "U+FFFD Substitution of Maximal Subparts"), as Rust and Python replace them, too.
std::string ReplaceInvalidUtf8(std::string_view bytes);

// How many bytes at the end of `bytes` are the beginning of a character that further bytes could
// complete: 0 to 3.
size_t UnfinishedUtf8Bytes(std::string_view bytes);

// The character that begins at text[offset], and its size in bytes. `text` is well-formed there.
struct Utf8Character {
  char32_t value = 0;
  size_t size = 1;
};
inline Utf8Character Utf8CharacterAt(std::string_view text, size_t offset) {
  auto byte = [&](size_t i) -> char32_t { return static_cast<unsigned char>(text[offset + i]); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first < 0xF0) return {(first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
          4};
}

// The size of the character that ends in front of text[end]; end > 0.
inline size_t Utf8SizeBefore(std::string_view text, size_t end) {
  size_t size = 1;
  while (size < end && (static_cast<unsigned char>(text[end - size]) & 0xC0) == 0x80) ++size;
  return size;
}

// Appends a code point of at most U+10FFFF.
void AppendUtf8(char32_t character, std::string* text);

}  // namespace gyre::text

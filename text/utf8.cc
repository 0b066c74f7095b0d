#include "text/utf8.h"

#include <cstdint>
#include <cstring>

namespace gyre::text {
namespace {

// A character at the beginning of some bytes.
struct Utf8Scan {
  size_t size = 0;        // of a whole character, or of the part that is well-formed; at least 1
  bool complete = false;  // a whole character
  bool cut = false;       // well-formed as far as there are bytes
};

Utf8Scan ScanCharacter(std::string_view bytes) {
  auto byte = [&](size_t i) -> unsigned { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {1, true, false};
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
    return {1, false, false};
  }
  for (size_t i = 1; i < size; ++i) {
    if (i == bytes.size()) return {i, false, true};
    const unsigned min = i == 1 ? second_min : 0x80, max = i == 1 ? second_max : 0xBF;
    if (byte(i) < min || byte(i) > max) return {i, false, false};
  }
  return {size, true, false};
}

// The offset of the first byte at or after `begin` that is not ASCII, or the size.
size_t SkipAscii(std::string_view text, size_t begin) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t word = 0;
  while (begin + sizeof(word) <= text.size()) {
    std::memcpy(&word, text.data() + begin, sizeof(word));
    if ((word & kHighBits) != 0) break;
    begin += sizeof(word);
  }
  while (begin < text.size() && static_cast<unsigned char>(text[begin]) < 0x80) ++begin;
  return begin;
}

}  // namespace

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  for (size_t i = SkipAscii(text, 0); i < text.size(); i = SkipAscii(text, i)) {
    const Utf8Scan scan = ScanCharacter(text.substr(i));
    if (!scan.complete) return i;
    i += scan.size;
  }
  return std::nullopt;
}

std::string ReplaceInvalidUtf8(std::string_view bytes) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string text;
  text.reserve(bytes.size());
  while (std::optional<size_t> invalid = FindInvalidUtf8(bytes)) {
    text.append(bytes.substr(0, *invalid));
    text.append(kReplacement);
    bytes.remove_prefix(*invalid);
    bytes.remove_prefix(ScanCharacter(bytes).size);
  }
  text.append(bytes);
  return text;
}

size_t UnfinishedUtf8Bytes(std::string_view bytes) {
  constexpr size_t kMostUnfinishedBytes = 3;
  for (size_t size = 1; size <= kMostUnfinishedBytes && size <= bytes.size(); ++size) {
    const std::string_view tail = bytes.substr(bytes.size() - size);
    if ((static_cast<unsigned char>(tail[0]) & 0xC0) == 0x80) continue;
    return ScanCharacter(tail).cut ? size : 0;
  }
  return 0;
}

void AppendUtf8(char32_t character, std::string* text) {
  auto append = [&](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    append(character);
  } else if (character < 0x800) {
    append(0xC0 | character >> 6);
    append(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    append(0xE0 | character >> 12);
    append(0x80 | (character >> 6 & 0x3F));
    append(0x80 | (character & 0x3F));
  } else {
    append(0xF0 | character >> 18);
    append(0x80 | (character >> 12 & 0x3F));
    append(0x80 | (character >> 6 & 0x3F));
    append(0x80 | (character & 0x3F));
  }
}

}  // namespace gyre::text

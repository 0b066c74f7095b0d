#include "text/character_classes.h"

#include <memory>

namespace gyre::text {
namespace {

constexpr char32_t kNumCharacters = 0x110000;

struct CharacterRange {
  char32_t first;
  char32_t last;
  uint8_t classes;
};

constexpr CharacterRange kCharacterRanges[] = {
#include "text/unicode_ranges.inc"
};

// One byte a character: a text touches only the pages of its scripts.
std::unique_ptr<const uint8_t[]> MakeTable() {
  auto table = std::make_unique<uint8_t[]>(kNumCharacters);
  for (const CharacterRange& range : kCharacterRanges) {
    for (char32_t character = range.first; character <= range.last; ++character) {
      table[character] = range.classes;
    }
  }
  return table;
}

}  // namespace

uint8_t ClassesOf(char32_t character) {
  static const std::unique_ptr<const uint8_t[]> table = MakeTable();
  return table[character];
}

}  // namespace gyre::text

#pragma once

#include <cstdint>

namespace gyre::text {

// What a character is to Hugging Face's `tokenizers`: the bits of ClassesOf. The sets are measured
// from that package (generate_unicode_ranges.py), since ids depend on its Unicode tables.
enum CharacterClass : uint8_t {
  kLetter = 1,      // \p{L} of its regular expressions
  kNumber = 2,      // \p{N}
  kSpace = 4,       // \s
  kNumeric = 8,     // what the pre-tokenizer Digits takes for a digit; newer than \p{N}
  kWord = 16,       // \w, for added tokens with single_word
  kUnsettled = 32,  // may make a text differ from its NFC; text without any is in NFC
  kInert = 64,      // utf8proc composes or reorders it, `tokenizers` does not
};

// `character` is a code point of at most U+10FFFF.
uint8_t ClassesOf(char32_t character);

}  // namespace gyre::text

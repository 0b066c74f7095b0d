#include "text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::text {
namespace {

TEST(Utf8, AcceptsTheFirstAndLastCharacterOfEachLength) {
  EXPECT_EQ(FindInvalidUtf8(""), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8(std::string_view("\0\x7F", 2)), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("\xC2\x80\xDF\xBF"), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), std::nullopt);
}

TEST(Utf8, NamesTheByteWhereAMalformedCharacterBegins) {
  EXPECT_EQ(FindInvalidUtf8("ab\x80"), 2u);              // continuation without a beginning
  EXPECT_EQ(FindInvalidUtf8("a\xC3"), 1u);               // cut off
  EXPECT_EQ(FindInvalidUtf8("\xE2\x82"), 0u);            // cut off
  EXPECT_EQ(FindInvalidUtf8("\xE2\x82z"), 0u);           // wrong continuation
  EXPECT_EQ(FindInvalidUtf8("\xC1\xBF"), 0u);            // overlong
  EXPECT_EQ(FindInvalidUtf8("\xE0\x9F\xBF"), 0u);        // overlong
  EXPECT_EQ(FindInvalidUtf8("\xF0\x8F\xBF\xBF"), 0u);    // overlong
  EXPECT_EQ(FindInvalidUtf8("\xED\xA0\x80"), 0u);        // surrogate
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0u);    // beyond U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("ok\xF5\x80\x80\x80"), 2u);  // beyond U+10FFFF
}

// What Python's bytes.decode("utf-8", "replace") makes of the same bytes.
TEST(Utf8, ReplacesEachMaximalPartOfAMalformedCharacter) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(ReplaceInvalidUtf8("a\u00E9"), "a\u00E9");
  EXPECT_EQ(ReplaceInvalidUtf8("a\x80\x80z"), "a" + r + r + "z");
  EXPECT_EQ(ReplaceInvalidUtf8("\xE2\x82"), r);
  EXPECT_EQ(ReplaceInvalidUtf8("\xE2\x82z"), r + "z");
  EXPECT_EQ(ReplaceInvalidUtf8("\xF0\x9F\x98\xF0\x9F\x98\x80"), r + "\U0001F600");
  EXPECT_EQ(ReplaceInvalidUtf8("\xED\xA0\x80"), r + r + r);
  EXPECT_EQ(ReplaceInvalidUtf8("\xC0\xAF\xFF"), r + r + r);
}

TEST(Utf8, CountsTheBytesOfACharacterThatMayYetBecomeWhole) {
  EXPECT_EQ(UnfinishedUtf8Bytes(""), 0u);
  EXPECT_EQ(UnfinishedUtf8Bytes("abc"), 0u);
  EXPECT_EQ(UnfinishedUtf8Bytes("ab\xC3"), 1u);
  EXPECT_EQ(UnfinishedUtf8Bytes("\xF0\x9F\x98"), 3u);
  EXPECT_EQ(UnfinishedUtf8Bytes("\u00E9"), 0u);
  EXPECT_EQ(UnfinishedUtf8Bytes("\xED\xA0"), 0u);  // never becomes whole
  EXPECT_EQ(UnfinishedUtf8Bytes("\x80\x80\x80\x80"), 0u);
}

TEST(Utf8, WritesWhatItReads) {
  for (char32_t character : {0x0u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string text = "x";
    AppendUtf8(character, &text);
    const Utf8Character read = Utf8CharacterAt(text, 1);
    EXPECT_EQ(read.value, character);
    EXPECT_EQ(read.size, text.size() - 1);
    EXPECT_EQ(Utf8SizeBefore(text, text.size()), read.size);
  }
}

}  // namespace
}  // namespace gyre::text

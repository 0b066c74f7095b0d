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

}  // namespace
}  // namespace gyre::text

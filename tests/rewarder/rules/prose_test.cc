#include "rewarder/rules/prose.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::rewarder::rules {
namespace {

TEST(Prose, IsATextWithoutCodeMathematicsAddressesAndTags) {
  EXPECT_EQ(ProseOf("so ```py\nprint('hallo')\n``` and `x = y` end"), "so   and   end");
  EXPECT_EQ(ProseOf("as $a+b$ or $$\nc\n$$ or \\(d\\) or \\[e\n\\] hold"),
            "as   or   or   or   hold");
  EXPECT_EQ(ProseOf("\\frac{1}{2} is"), " {1}{2} is");
  EXPECT_EQ(ProseOf("see https://a.b/c?d=e now"), "see   now");
  EXPECT_EQ(ProseOf("<think>well</think>"), " well ");
}

TEST(Prose, KeepsWhatNothingCloses) {
  EXPECT_EQ(ProseOf("5 $ is\nnot 3 $"), "5 $ is\nnot 3 $");
  EXPECT_EQ(ProseOf("a ` b\n`"), "a ` b\n`");
  EXPECT_EQ(ProseOf("1 < 2 and 3 > 2"), "1 < 2 and 3 > 2");
  EXPECT_EQ(ProseOf("\\"), "\\");
  EXPECT_EQ(ProseOf("the http of it"), "the http of it");
}

TEST(Prose, HasNoInvalidUtf8) {
  EXPECT_EQ(ProseOf("a\xff\xfe z"), "a\uFFFD\uFFFD z");
  EXPECT_EQ(ProseOf(std::string(2 * kMostProseBytes, 'a')).size(), kMostProseBytes);
  EXPECT_EQ(ProseOf(std::string(kMostProseBytes - 1, 'a') + "ä").size(), kMostProseBytes + 2)
      << "a character that is cut becomes U+FFFD";
}

TEST(Prose, IsReadInTimeLinearInItsLength) {
  for (const std::string piece : {"$$", "\\[", "```", "`\n", "$\n", "\\(", "<", "\\(\n", "`"}) {
    std::string text;
    while (text.size() < kMostProseBytes) text += piece + "a";
    EXPECT_LE(ProseOf(text).size(), text.size()) << piece;
  }
}

}  // namespace
}  // namespace gyre::rewarder::rules

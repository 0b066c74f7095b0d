#include "rewarder/math/extraction.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::rewarder::math {
namespace {

std::string Found(const std::string& text) {
  const Extraction found = ExtractAnswer(text);
  return found.joined.empty() ? std::string(found.answer) : found.joined;
}

TEST(Extraction, TakesTheLastBalancedBox) {
  EXPECT_EQ(Found("so \\boxed{1} no, \\boxed{\\frac{1}{2}}."), "\\frac{1}{2}");
  EXPECT_EQ(Found("\\boxed{\\{1, 2\\}}"), "\\{1, 2\\}");
  EXPECT_EQ(Found("\\fbox{7} and then \\boxed{8"), "7");
  EXPECT_EQ(Found("\\boxed {5}"), "5");
  EXPECT_EQ(Found("only \\boxed{8 is open"), "8 is open");
  EXPECT_STREQ(ExtractAnswer("\\boxed{1}").rule, "boxed");
}

TEST(Extraction, JoinsBoxesSideBySide) {
  EXPECT_EQ(Found("\\boxed{1} and \\boxed{2}"), "1, 2");
  EXPECT_EQ(Found("\\boxed{3}, \\boxed{3}"), "3");
  EXPECT_EQ(Found("First \\boxed{1}. The second try gives \\boxed{2}"), "2");
}

TEST(Extraction, LooksBehindTheThoughtOnly) {
  EXPECT_EQ(Found("<think>\\boxed{1}</think> The answer is 2."), "2");
  EXPECT_EQ(Found("<think>a</think><answer>3/4</answer><eos>"), "3/4");
  EXPECT_EQ(Found("<think>x</think><answer>It is \\boxed{9}</answer>"), "9");
}

TEST(Extraction, KnowsTheUsualAnnouncements) {
  EXPECT_EQ(Found("Final Answer: The final answer is $28 \\%$. I hope it is correct."), "$28 \\%$");
  EXPECT_EQ(Found("We add. Hence 3.\n#### 1,234"), "1,234");
  EXPECT_EQ(Found("Reasoning.\nAnswer: x = 5\n"), "x = 5");
  EXPECT_EQ(Found("The answer is (B)."), "(B)");
  EXPECT_EQ(Found("Because of that\n\nB\n"), "B");
  EXPECT_EQ(Found("Final Answer: The largest $n$ is 34."), "34");
  EXPECT_STREQ(ExtractAnswer("#### 7").rule, "####");
}

TEST(Extraction, TakesTheLastMathematicsOrNumberWithoutAnAnnouncement) {
  EXPECT_EQ(Found("First $a=1$, then we find $b = 2$ for all values."), "b = 2");
  EXPECT_EQ(Found("There are 3 red and 4 green ones, so together 7 of them"), "7");
  EXPECT_EQ(Found("the probability that she wins is 2/3 in the end"), "2/3");
}

TEST(Extraction, FindsNothingInNothing) {
  EXPECT_EQ(Found(""), "");
  EXPECT_EQ(Found("\n\n  \n"), "");
}

// What would take minutes if some pass went over the text again and again.
TEST(Extraction, IsLinear) {
  for (const std::string piece : {"\\boxed{", "{", "answer is ", "$", "final answer", "<answer>",
                                  "####", "A\n", "\\boxed{1} and ", "1", "</think>", "\\("}) {
    std::string text;
    while (text.size() < (4 << 20)) text += piece;
    const Extraction found = ExtractAnswer(text);
    EXPECT_LE(found.answer.size(), text.size());
  }
}

}  // namespace
}  // namespace gyre::rewarder::math

#include "rewarder/rules/repetition_rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace gyre::rewarder::rules {
namespace {

double Value(const std::string& text) {
  return std::get<double>(RepetitionRule().Check(Problem(), {text, STOP}).result);
}

TEST(RepetitionRule, IsTheNegatedShareOfTriplesThatStoodEarlier) {
  EXPECT_EQ(Value("a b c d e f"), 0);
  // abc bca cab abc bca: 5 triples, 3 of them distinct.
  EXPECT_DOUBLE_EQ(Value("a b c a b c a"), -2.0 / 5);
  EXPECT_DOUBLE_EQ(Value("Wait wait WAIT wait"), -1.0 / 2);
}

TEST(RepetitionRule, IsZeroForFewerThanThreeWords) {
  EXPECT_EQ(Value(""), 0);
  EXPECT_EQ(Value("a a"), 0);
  EXPECT_FALSE(std::signbit(Value("a b c"))) << "not minus zero";
}

TEST(RepetitionRule, ComesNearMinusOneForOneWordAgainAndAgain) {
  std::string text;
  for (int i = 0; i < 500'000; ++i) text += "no ";
  EXPECT_LT(Value(text), -0.9999);
  EXPECT_GE(Value(text), -1);
}

}  // namespace
}  // namespace gyre::rewarder::rules

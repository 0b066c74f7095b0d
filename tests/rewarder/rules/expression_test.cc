#include "rewarder/rules/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gyre::rewarder::rules {
namespace {

using ::testing::ElementsAre;

int64_t ValueOf(const std::string& text) {
  const auto expression = EvaluateExpression(text);
  EXPECT_TRUE(expression.ok()) << text << ": " << expression.status();
  return expression.ok() ? expression->value : -999;
}

TEST(Expression, FollowsTheRulesOfArithmetic) {
  EXPECT_EQ(ValueOf("7"), 7);
  EXPECT_EQ(ValueOf("2+3*4"), 14);
  EXPECT_EQ(ValueOf("(2+3)*4"), 20);
  EXPECT_EQ(ValueOf("9-3-2"), 4);
  EXPECT_EQ(ValueOf("9-(3-2)"), 8);
  EXPECT_EQ(ValueOf("2*3*4-5"), 19);
  EXPECT_EQ(ValueOf("1-9"), -8);
  EXPECT_EQ(ValueOf("((((5))))*0"), 0);
}

TEST(Expression, ListsItsNumbersAsTheyStand) {
  EXPECT_THAT(EvaluateExpression("(5*3)-4+15")->numbers, ElementsAre(5, 3, 4, 15));
  EXPECT_THAT(EvaluateExpression("5*5")->numbers, ElementsAre(5, 5));
}

TEST(Expression, RefusesWhatIsNotInItsGrammar) {
  for (const std::string text :
       {"",       " ",   "5 + 3", "2**3", "-5",       "+5",   "5+-3",   "5+",
        "+",      "()",  "(5",    "5)",   "5()",      "5(3)", "(5)(3)", "5 3",
        "05",     "00",  "5/1",   "5//1", "5%3",      "2^3",  "5,3",    "5.0",
        "1e3",    "0x5", "5!",    "a",    "abs(5)",   "5=5",  "5+3=8",  "５",
        "5+3\n",  "\n5", "×",     "5−3",  "))))((((", "*5",   "5**",    "__import__('os')",
        "<think>"}) {
    EXPECT_EQ(EvaluateExpression(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(EvaluateExpression(absl::string_view("5\0+3", 4)).ok());
  EXPECT_FALSE(EvaluateExpression(absl::string_view("5\0", 2)).ok());
}

TEST(Expression, SaysWhereItStopped) {
  EXPECT_EQ(EvaluateExpression("5+x").status().message(), "unexpected character at 3");
  EXPECT_EQ(EvaluateExpression("5+").status().message(), "it ends too early");
}

TEST(Expression, BoundsDepthLengthAndValues) {
  const auto nested = [](int depth) {
    return std::string(depth, '(') + "1" + std::string(depth, ')');
  };
  EXPECT_EQ(ValueOf(nested(50)), 1);
  EXPECT_FALSE(EvaluateExpression(nested(51)).ok());
  EXPECT_FALSE(EvaluateExpression(std::string(1'000'000, '(')).ok());
  EXPECT_FALSE(EvaluateExpression(std::string(1'001, '1')).ok());
  EXPECT_FALSE(EvaluateExpression("1234567890").ok());
  EXPECT_EQ(ValueOf("999999999*999999999*9"), 8999999982000000009);
  EXPECT_EQ(EvaluateExpression("999999999*999999999*999999999").status().code(),
            absl::StatusCode::kOutOfRange);
  const std::string largest = "999999999*999999999*9";
  EXPECT_EQ(EvaluateExpression(largest + "+" + largest).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(EvaluateExpression("0-" + largest + "-" + largest).status().code(),
            absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace gyre::rewarder::rules

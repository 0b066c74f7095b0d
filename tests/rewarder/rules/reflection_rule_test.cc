#include "rewarder/rules/reflection_rule.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::rewarder::rules {
namespace {

double Value(const std::string& text) {
  return std::get<double>(ReflectionRule().Check(Problem(), {text, STOP}).result);
}

TEST(ReflectionRule, CountsWholeWordsInAnyCase) {
  EXPECT_EQ(Value("Wait, wait. That is WRONG; however, we check"), 5);
  EXPECT_EQ(Value("waiting, checked, butter, error5, butó"), 0);
  EXPECT_EQ(Value("but"), 1);
  EXPECT_EQ(Value(""), 0);
}

}  // namespace
}  // namespace gyre::rewarder::rules

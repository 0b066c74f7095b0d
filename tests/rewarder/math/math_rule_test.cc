#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rewarder/rule_set.h"

namespace gyre::rewarder {
namespace {

using ::testing::HasSubstr;

ComponentOutcome Accuracy(const std::string& reference, const std::string& text) {
  static const RuleSet rules = MakeRules();
  Problem problem;
  problem.set_id("m17");
  problem.set_kind("math");
  problem.set_reference(reference);
  const std::vector<std::string> components = {"accuracy"};
  return rules.Score(problem, {text, STOP, "<eos>"}, {components.begin(), components.end()})
      .components(0);
}

TEST(MathRule, GivesOneForARightAnswerAndSaysHowItWasFound) {
  const ComponentOutcome outcome =
      Accuracy("\\frac{1}{2}", "<think>a</think><answer>0.5</answer><eos>");
  EXPECT_EQ(outcome.value(), 1);
  EXPECT_EQ(outcome.rule(), "math: right (answer tag: exact)");
  EXPECT_EQ(outcome.answer(), "0.5");
}

TEST(MathRule, GivesZeroForAWrongOneAndWhereNobodyCanTell) {
  EXPECT_EQ(Accuracy("2", "so \\boxed{3}<eos>").value(), 0);
  const ComponentOutcome unknown = Accuracy("1", "\\boxed{\\tanh(1000000)}");
  EXPECT_EQ(unknown.result_case(), ComponentOutcome::kValue);
  EXPECT_EQ(unknown.value(), 0);
  EXPECT_THAT(unknown.rule(), HasSubstr("cannot tell"));
}

TEST(MathRule, AnswersAReferenceThatCannotBeReadByAnErrorThatNamesTheProblem) {
  for (const std::string reference : {"", "\\frac{1}{", "((("}) {
    const ComponentOutcome outcome = Accuracy(reference, "\\boxed{1}");
    EXPECT_EQ(outcome.error(), SCORE_ERROR_PROBLEM) << reference;
    EXPECT_EQ(outcome.result_case(), ComponentOutcome::kError);
    EXPECT_THAT(outcome.rule(), HasSubstr("problem m17"));
  }
}

TEST(MathRule, KeepsALongAnswerShort) {
  EXPECT_LE(Accuracy("2", "\\boxed{" + std::string(5'000, '1') + "}").answer().size(), 200u);
}

}  // namespace
}  // namespace gyre::rewarder

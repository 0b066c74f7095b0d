#include "rewarder/rule_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/counter_rng.h"
#include "spec/reward_components.h"

namespace gyre::rewarder {
namespace {

using ::testing::HasSubstr;

Problem Countdown(std::vector<int> numbers, int target) {
  Problem problem;
  problem.set_id("p");
  problem.set_kind("countdown");
  for (const int number : numbers) problem.mutable_countdown()->add_numbers(number);
  problem.mutable_countdown()->set_target(target);
  return problem;
}

Outcome Scored(const Problem& problem, const std::string& text,
               const std::vector<std::string>& components = {"accuracy", "format"},
               FinishReason finish_reason = STOP) {
  static const RuleSet rules = MakeRules();
  return rules.Score(problem, {text, finish_reason, "<eos>"},
                     {components.begin(), components.end()});
}

std::string Tagged(const std::string& answer) {
  return "<think>5*3=15,15-4=11 vs 11 yes\n</think><answer>" + answer + "</answer><eos>";
}

// Of the problem 3 4 5 → 11.
ComponentOutcome Accuracy(const std::string& text, FinishReason finish_reason = STOP) {
  return Scored(Countdown({5, 3, 4}, 11), text, {"accuracy"}, finish_reason).components(0);
}

TEST(Rules, GiveOneForARightAnswer) {
  const Outcome outcome = Scored(Countdown({5, 3, 4}, 11), Tagged("(5*3)-4"));
  ASSERT_EQ(outcome.components_size(), 2);
  EXPECT_EQ(outcome.components(0).component(), "accuracy");
  EXPECT_EQ(outcome.components(0).value(), 1);
  EXPECT_EQ(outcome.components(0).answer(), "(5*3)-4");
  EXPECT_EQ(outcome.components(0).rule(), "countdown: right");
  EXPECT_EQ(outcome.components(1).component(), "format");
  EXPECT_EQ(outcome.components(1).value(), 1);
}

TEST(Rules, GiveZeroForAWrongAnswerAndSayWhy) {
  EXPECT_EQ(Accuracy(Tagged("5+3+4")).rule(), "countdown: wrong value 12");
  EXPECT_EQ(Accuracy(Tagged("5+6")).rule(), "countdown: wrong numbers");
  EXPECT_EQ(Accuracy(Tagged("11")).rule(), "countdown: wrong numbers");
  EXPECT_EQ(Accuracy(Tagged("5*3-4*3+8")).rule(), "countdown: wrong numbers");
  EXPECT_EQ(Accuracy(Tagged("5*3-4-0")).rule(), "countdown: wrong numbers");
  EXPECT_THAT(Accuracy(Tagged("5*3-4=11")).rule(), HasSubstr("no expression: unexpected"));
  EXPECT_THAT(Accuracy(Tagged("")).rule(), HasSubstr("no expression: it ends too early"));
  EXPECT_EQ(Accuracy("(5*3)-4<eos>").rule(),
            "countdown: no <think>, no </think>, no <answer>, no </answer>");
  for (const std::string answer : {"5+3+4", "5+6", "11", ""}) {
    EXPECT_EQ(Accuracy(Tagged(answer)).result_case(), ComponentOutcome::kValue);
    EXPECT_EQ(Accuracy(Tagged(answer)).value(), 0);
  }
}

TEST(Rules, CountEachOfEqualNumbers) {
  const Problem problem = Countdown({2, 2, 5}, 20);
  EXPECT_EQ(Scored(problem, Tagged("2*2*5")).components(0).value(), 1);
  EXPECT_EQ(Scored(problem, Tagged("2*5*5-30")).components(0).value(), 0);
  EXPECT_EQ(Scored(problem, Tagged("(2+2)*5")).components(0).value(), 1);
  EXPECT_EQ(Scored(problem, Tagged("5*(2+2)*1")).components(0).value(), 0);
}

TEST(Rules, GiveATruncatedResponseZeroForBoth) {
  const Outcome outcome =
      Scored(Countdown({5, 3, 4}, 11), Tagged("(5*3)-4"), {"accuracy", "format"}, LENGTH);
  EXPECT_EQ(outcome.components(0).value(), 0);
  EXPECT_EQ(outcome.components(1).value(), 0);
  EXPECT_EQ(outcome.components(0).result_case(), ComponentOutcome::kValue);
  EXPECT_EQ(outcome.components(1).rule(), "format: truncated");
}

TEST(Rules, JudgeFormatWithoutTheAnswer) {
  EXPECT_EQ(Scored(Countdown({5, 3, 4}, 11), Tagged("nonsense")).components(1).value(), 1);
  EXPECT_EQ(Scored(Countdown({5, 3, 4}, 11), Tagged("1</answer>")).components(1).value(), 0);
}

TEST(Rules, AnswerAnUnknownComponentOrKindByAnError) {
  const Outcome outcome =
      Scored(Countdown({5, 3, 4}, 11), Tagged("(5*3)-4"), {"beauty", "accuracy", ""});
  EXPECT_EQ(outcome.components(0).error(), SCORE_ERROR_UNSUPPORTED);
  EXPECT_EQ(outcome.components(1).value(), 1);
  EXPECT_EQ(outcome.components(2).error(), SCORE_ERROR_UNSUPPORTED);
  Problem other = Countdown({5, 3, 4}, 11);
  other.set_kind("alchemy");
  EXPECT_EQ(Scored(other, Tagged("(5*3)-4")).components(0).error(), SCORE_ERROR_UNSUPPORTED);
  EXPECT_EQ(Scored(other, Tagged("(5*3)-4")).components(0).result_case(), ComponentOutcome::kError);
  EXPECT_EQ(Scored(other, Tagged("(5*3)-4")).components(1).value(), 1);
}

TEST(Rules, AnswerAProblemThatNobodyCanSolveByAnErrorAndNeverByAZero) {
  const std::vector<int> many(501, 1);  // 1+1+…: one character more than an answer may have
  for (const Problem& problem : {Countdown({}, 1), Countdown({-3, 4}, 1),
                                 Countdown({1'000'000'000}, 1'000'000'000), Countdown(many, 501)}) {
    const Outcome outcome = Scored(problem, Tagged("1"));
    EXPECT_EQ(outcome.components(0).error(), SCORE_ERROR_PROBLEM) << outcome.DebugString();
    EXPECT_EQ(outcome.components(0).result_case(), ComponentOutcome::kError);
  }
}

TEST(Rules, JudgeTheLargestProblemThatCanBeSolved) {
  EXPECT_EQ(
      Scored(Countdown({999'999'999}, 999'999'999), Tagged("999999999")).components(0).value(), 1);
  std::string sum = "1";
  for (int i = 1; i < 500; ++i) sum += "+1";
  EXPECT_EQ(Scored(Countdown(std::vector<int>(500, 1), 500), Tagged(sum)).components(0).value(), 1);
}

class ConstantRule final : public Rule {
 public:
  explicit ConstantRule(double value) : value_(value) {}
  Verdict Check(const Problem&, const Response&) const override { return {value_, "constant", ""}; }

 private:
  const double value_;
};

TEST(Rules, NeverLetAValueThatIsNotFiniteOut) {
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), HUGE_VAL, -HUGE_VAL}) {
    RuleSet rules;
    rules.AddComponent("c", std::make_unique<ConstantRule>(value));
    const std::vector<std::string> components = {"c"};
    const Outcome outcome =
        rules.Score(Problem(), {"", STOP}, {components.begin(), components.end()});
    EXPECT_EQ(outcome.components(0).error(), SCORE_ERROR_RULE);
  }
}

TEST(Rules, CoverWhatASpecMayAskFor) {
  for (const std::string component :
       {"accuracy", "format", "language", "reflection", "repetition"}) {
    ASSERT_TRUE(spec::IsRewardComponent(component));
    EXPECT_EQ(Scored(Countdown({5, 3, 4}, 11), "", {component}).components(0).result_case(),
              ComponentOutcome::kValue);
  }
  EXPECT_EQ(spec::RewardComponentNames(), "accuracy, format, language, reflection, repetition");
  EXPECT_EQ(spec::ProblemKindNames(), "countdown, math");
}

TEST(Rules, KeepALongAnswerShortAndWholeInUtf8) {
  std::string answer = "x";
  for (int i = 0; i < 100; ++i) answer += "\u221a";  // three bytes each
  const ComponentOutcome outcome = Accuracy(Tagged(answer));
  EXPECT_EQ(outcome.value(), 0);
  EXPECT_EQ(outcome.answer(), answer.substr(0, 199));
}

TEST(Rules, GiveAnAnswerOutAsUtf8) {
  EXPECT_EQ(Accuracy(Tagged("5+\xff\u221a")).answer(), "5+????");
  EXPECT_EQ(Accuracy(Tagged("5+\u221a")).answer(), "5+\u221a");
}

// Pieces that hostile responses are made of, put together at random: each has a verdict of 0 or 1,
// the same each time, and 1 only for what really is right.
TEST(Rules, GiveEveryGarbageADefinedOutcome) {
  const std::vector<std::string> pieces = {"<think>",
                                           "</think>",
                                           "<answer>",
                                           "</answer>",
                                           "<eos>",
                                           "<pad>",
                                           "<bos>",
                                           "<",
                                           ">",
                                           "/",
                                           "5",
                                           "3",
                                           "4",
                                           "11",
                                           "(",
                                           ")",
                                           "+",
                                           "-",
                                           "*",
                                           "**",
                                           "=",
                                           " ",
                                           "\n",
                                           "yes",
                                           std::string(1, 0),
                                           "\xff",
                                           "\xe2\x88",
                                           "99999999",
                                           "(5*3)-4",
                                           "__class__",
                                           "<think></think><answer>",
                                           "</answer><eos>",
                                           "\u221a"};
  const Problem problem = Countdown({5, 3, 4}, 11);
  int right = 0;
  for (uint64_t round = 0; round < 200'000; ++round) {
    const base::CounterRng rng({uint64_t{1}, "garbage", round});
    std::string text = round % 2 == 0 ? "<think>t</think><answer>" : "";
    const uint64_t length = rng.Below(0, 12);
    for (uint64_t i = 0; i < length; ++i) text += pieces[rng.Below(1 + i, pieces.size())];
    if (round % 2 == 0) text += "</answer><eos>";
    const Outcome outcome = Scored(problem, text);
    ASSERT_EQ(outcome.components_size(), 2);
    for (const ComponentOutcome& component : outcome.components()) {
      ASSERT_EQ(component.result_case(), ComponentOutcome::kValue) << text;
      ASSERT_TRUE(component.value() == 0 || component.value() == 1) << text;
    }
    if (outcome.components(0).value() == 1) {
      ++right;
      const std::string& answer = outcome.components(0).answer();
      for (const char digit : {'5', '3', '4'}) {
        ASSERT_EQ(std::count(answer.begin(), answer.end(), digit), 1) << text;
      }
      ASSERT_EQ(outcome.components(1).value(), 1) << text;
    }
    ASSERT_EQ(outcome.SerializeAsString(), Scored(problem, text).SerializeAsString());
  }
  EXPECT_GT(right, 100);  // the test does reach right answers
}

TEST(Rules, BearResponsesOfMegabytes) {
  EXPECT_EQ(Accuracy("<think>" + std::string(4 << 20, '(')).value(), 0);
  EXPECT_EQ(Accuracy(Tagged(std::string(4 << 20, '('))).value(), 0);
  EXPECT_EQ(Accuracy(Tagged(std::string(4 << 20, '<'))).value(), 0);
}

}  // namespace
}  // namespace gyre::rewarder

#include "coordinator/totals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/groups.h"

namespace gyre::coordinator {
namespace {

OverlongSpec Overlong(uint32_t max_tokens, uint32_t cache_tokens) {
  OverlongSpec overlong;
  overlong.set_max_tokens(max_tokens);
  overlong.set_cache_tokens(cache_tokens);
  return overlong;
}

TotalsRule AccuracyRule() { return MakeTotalsRule(StageSpec(), EVAL); }

// DAPO (arXiv 2503.14476) trains with L_max = 20480 and L_cache = 4096, section 4.1; the values
// follow from eq. 13 by hand.
TEST(Totals, OverlongPenaltyFollowsEquation13OfDapo) {
  const OverlongSpec overlong = Overlong(20480, 4096);
  EXPECT_EQ(OverlongPenalty(overlong, 1), 0);
  EXPECT_EQ(OverlongPenalty(overlong, 16384), 0);
  EXPECT_EQ(OverlongPenalty(overlong, 16385), -1.0 / 4096);
  EXPECT_EQ(OverlongPenalty(overlong, 17408), -0.25);
  EXPECT_EQ(OverlongPenalty(overlong, 18432), -0.5);
  EXPECT_EQ(OverlongPenalty(overlong, 19456), -0.75);
  EXPECT_EQ(OverlongPenalty(overlong, 20480), -1);
  EXPECT_EQ(OverlongPenalty(overlong, 20481), -1);
}

TEST(Totals, ATotalIsTheWeightedSumOfItsComponents) {
  StageSpec stage;
  RewardSpec& accuracy = *stage.mutable_rl()->add_reward();
  accuracy.set_component("accuracy");
  accuracy.set_weight(1);
  RewardSpec& format = *stage.mutable_rl()->add_reward();
  format.set_component("format");
  format.set_weight(0.5);
  Group group = MakeGroup({}, {MakeSample(0, 3, 1), MakeSample(1, 3, 0)});
  for (Sample& sample : *group.mutable_samples()) {
    ComponentOutcome& outcome = *sample.mutable_outcome()->add_components();
    outcome.set_component("format");
    outcome.set_value(1);
  }
  const GroupTotals totals = ComputeTotals(group, MakeTotalsRule(stage, TRAIN));
  EXPECT_EQ(totals.samples(0).total(), 1.5);
  EXPECT_EQ(totals.samples(1).total(), 0.5);
  EXPECT_FALSE(totals.zero_variance());
  EXPECT_EQ(totals.train_tokens(), 6u);
}

TEST(Totals, TheOverlongPenaltyIsPartOfATrainingTotal) {
  StageSpec stage;
  RewardSpec& accuracy = *stage.mutable_rl()->add_reward();
  accuracy.set_component("accuracy");
  accuracy.set_weight(1);
  *stage.mutable_rl()->mutable_overlong() = Overlong(8, 4);
  const Group group = MakeGroup({}, {MakeSample(0, 4, 1), MakeSample(1, 6, 1)});
  const GroupTotals totals = ComputeTotals(group, MakeTotalsRule(stage, TRAIN));
  EXPECT_EQ(totals.samples(0).total(), 1);
  EXPECT_EQ(totals.samples(1).total(), 0.5);
  const GroupTotals evaluated = ComputeTotals(group, MakeTotalsRule(stage, EVAL));
  EXPECT_EQ(evaluated.samples(1).total(), 1);
}

TEST(Totals, AnErrorIsNoNumber) {
  const Group group =
      MakeGroup({}, {MakeSample(0, 3, 1), MakeSample(1, 5, std::nullopt), MakeSample(2, 2, 0)});
  const GroupTotals totals = ComputeTotals(group, AccuracyRule());
  EXPECT_EQ(totals.scored_samples(), 2u);
  EXPECT_FALSE(totals.samples(1).scored());
  EXPECT_EQ(totals.train_tokens(), 5u);
  const GroupNumbers numbers = ComputeNumbers(group, totals, 0);
  EXPECT_EQ(numbers.components().at("accuracy").values(), 2u);
  EXPECT_EQ(numbers.components().at("accuracy").sum(), 1);
  EXPECT_EQ(numbers.errors().at("accuracy/TIMEOUT"), 1u);
  EXPECT_EQ(numbers.policy_tokens(), 10u);
}

TEST(Totals, EqualTotalsOfTheScoredSamplesHaveNoVariance) {
  const Group group =
      MakeGroup({}, {MakeSample(0, 3, 1), MakeSample(1, 5, std::nullopt), MakeSample(2, 2, 1)});
  const GroupTotals totals = ComputeTotals(group, AccuracyRule());
  EXPECT_TRUE(totals.zero_variance());
  EXPECT_EQ(totals.train_tokens(), 0u);
}

TEST(Totals, TheMajoritysAnswerDecidesAndTheFirstDrawnWinsTies) {
  const auto solved = [](const std::vector<Sample>& samples) {
    const Group group = MakeGroup({}, samples);
    return ComputeNumbers(group, ComputeTotals(group, AccuracyRule()), 0).majority_solved();
  };
  const auto sample = [](uint32_t index, double accuracy, const std::string& answer) {
    return MakeSample(index, 1, accuracy, PolicyNamed(0), answer);
  };
  EXPECT_TRUE(solved({sample(0, 0, "1"), sample(1, 1, "2"), sample(2, 1, "2")}));
  EXPECT_FALSE(solved({sample(0, 0, "1"), sample(1, 1, "2"), sample(2, 0, "1")}));
  EXPECT_FALSE(solved({sample(0, 0, "1"), sample(1, 1, "2")}));
  EXPECT_TRUE(solved({sample(0, 1, "2"), sample(1, 0, "1")}));
  EXPECT_TRUE(solved({sample(0, 1, "2"), MakeSample(1, 1, std::nullopt, PolicyNamed(0), "1"),
                      MakeSample(2, 1, std::nullopt, PolicyNamed(0), "1")}))
      << "an error has no vote";
}

TEST(Totals, NumbersTellFinishedFromTruncatedResponses) {
  Sample cut = MakeSample(1, 8, 0);
  cut.set_finish_reason(LENGTH);
  const Group group = MakeGroup({}, {MakeSample(0, 3, 1), cut});
  const GroupNumbers numbers = ComputeNumbers(group, ComputeTotals(group, AccuracyRule()), 0.25);
  EXPECT_EQ(numbers.response_tokens(), 11u);
  EXPECT_EQ(numbers.response_tokens_max(), 8u);
  EXPECT_EQ(numbers.finished_samples(), 1u);
  EXPECT_EQ(numbers.finished_response_tokens(), 3u);
  EXPECT_EQ(numbers.truncated_samples(), 1u);
  EXPECT_EQ(numbers.sequence_tokens(), 1 + 3 + 1 + 8u);
  EXPECT_EQ(numbers.probe_difference(), 0.25f);
  EXPECT_TRUE(numbers.solved());
}

}  // namespace
}  // namespace gyre::coordinator

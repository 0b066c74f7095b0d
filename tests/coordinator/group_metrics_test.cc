#include "coordinator/group_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "coordinator/totals.h"
#include "tests/coordinator/groups.h"

namespace gyre::coordinator {
namespace {

using ::testing::IsNan;

GroupNumbers Numbers(const std::vector<Sample>& samples, float probe_difference = 0) {
  const Group group = MakeGroup({}, samples);
  return ComputeNumbers(group, ComputeTotals(group, MakeTotalsRule(StageSpec(), EVAL)),
                        probe_difference);
}

TEST(GroupMetrics, AStepsMeansAreOverItsSamples) {
  const GroupNumbers a = Numbers({MakeSample(0, 2, 1), MakeSample(1, 4, 0)}, 0.5);
  const GroupNumbers b = Numbers({MakeSample(0, 6, 1), MakeSample(1, 8, std::nullopt)});
  StepMetrics metrics;
  AddGroupMetrics({&a, &b}, metrics);
  EXPECT_EQ(metrics.groups(), 2u);
  EXPECT_EQ(metrics.samples(), 4u);
  EXPECT_EQ(metrics.unscored_samples(), 1u);
  EXPECT_EQ(metrics.outcome_errors().at("accuracy/TIMEOUT"), 1u);
  EXPECT_DOUBLE_EQ(metrics.reward_mean(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.reward_std(), std::sqrt(2.0) / 3);
  EXPECT_DOUBLE_EQ(metrics.accuracy(), 2.0 / 3);
  EXPECT_EQ(metrics.response_tokens_mean(), 5);
  EXPECT_EQ(metrics.response_tokens_max(), 8);
  EXPECT_EQ(metrics.zero_variance_groups_fraction(), 0.5);
  EXPECT_EQ(metrics.probe_difference_max(), 0.5);
}

TEST(GroupMetrics, AnEvaluationCountsSamplesAndProblems) {
  const GroupNumbers solved = Numbers({MakeSample(0, 2, 1), MakeSample(1, 4, 0)});
  const GroupNumbers failed = Numbers({MakeSample(0, 2, 0), MakeSample(1, 4, std::nullopt)});
  const EvalResult result = EvaluateGroups({&solved, &failed});
  EXPECT_EQ(result.problems(), 2u);
  EXPECT_DOUBLE_EQ(result.accuracy(), 1.0 / 3);
  EXPECT_EQ(result.pass_at_k(), 0.5);
  EXPECT_EQ(result.unscored_samples(), 1u);
  EXPECT_EQ(result.mean_response_tokens(), 3);
}

TEST(GroupMetrics, AMeanOverNothingIsNoNumber) {
  const GroupNumbers unscored = Numbers({MakeSample(0, 2, std::nullopt)});
  StepMetrics metrics;
  AddGroupMetrics({&unscored}, metrics);
  EXPECT_THAT(metrics.reward_mean(), IsNan());
  EXPECT_THAT(metrics.reward_std(), IsNan());
  EXPECT_THAT(metrics.accuracy(), IsNan());
  EXPECT_EQ(metrics.response_tokens_mean(), 2);
  const EvalResult result = EvaluateGroups({&unscored});
  EXPECT_THAT(result.accuracy(), IsNan());
  EXPECT_THAT(result.majority_accuracy(), IsNan());
  EXPECT_THAT(result.pass_at_k(), IsNan());
}

}  // namespace
}  // namespace gyre::coordinator

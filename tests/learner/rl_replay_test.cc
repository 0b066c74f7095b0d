// Twenty steps of a run, recorded and trained again by other ranks and in other micro-batches. The
// groups were sampled by the engine from the weights of one step before, so ratios are not 1 and
// some are clipped; there is a KL term, and one update a step or two.
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/learner/sampled_groups.h"
#include "tests/learner/training_runs.h"

namespace gyre::learner {
namespace {

constexpr uint32_t kSteps = 20;

StageSpec Stage(uint32_t updates_per_step, uint32_t micro_batch_tokens) {
  StageSpec stage;
  stage.set_name("zero");
  RlSpec& rl = *stage.mutable_rl();
  rl.set_steps(kSteps);
  rl.set_updates_per_step(updates_per_step);
  rl.set_micro_batch_tokens(micro_batch_tokens);
  rl.set_max_policy_lag(1);
  rl.mutable_grpo()->set_kl_coefficient(0.05f);
  rl.mutable_grpo()->set_reference_every_steps(7);
  OptimizerSpec& optimizer = *rl.mutable_optimizer();
  optimizer.set_learning_rate(1e-2f);
  optimizer.set_warmup_updates(4);
  // A step's second gradient is that of the weights after its first update. Where gradients are
  // near 0, AdamW makes of their rounding a difference of weights that is not small; an epsilon of
  // their size keeps it from that.
  if (updates_per_step > 1) optimizer.set_epsilon(1e-3f);
  return stage;
}

// One step as a ledger has it, and what training it gave.
struct RecordedStep {
  model::Parameters before;
  std::vector<std::string> groups = {};  // serialized
  std::vector<float> gradient = {};
  StepMetrics metrics = {};

  std::vector<TrainGroup> Groups() const {
    std::vector<TrainGroup> parsed(groups.size());
    for (size_t i = 0; i < groups.size(); ++i) EXPECT_TRUE(parsed[i].ParseFromString(groups[i]));
    return parsed;
  }
};

PolicyId PolicyOf(uint32_t step) {
  PolicyId policy;
  policy.set_version(step);
  return policy;
}

// The share of small token ids among the first ten; shorter responses have less.
double Score(const std::vector<int32_t>&, const std::vector<int32_t>& response) {
  double small = 0;
  for (size_t i = 0; i < response.size() && i < 10; ++i) small += response[i] < 18 ? 1 : 0;
  return small / 10;
}

std::vector<RecordedStep> Record(uint32_t updates_per_step) {
  Ranks ranks(1, model::RandomParameters(model::TinyConfig(), 1), Stage(updates_per_step, 8192));
  std::mt19937 generator(3);
  model::Parameters older = ranks.trainer().parameters().Copy();
  std::vector<RecordedStep> steps;
  for (uint32_t step = 0; step < kSteps; ++step) {
    std::vector<std::vector<int32_t>> prompts;
    for (int i = 0; i < 8; ++i) {
      prompts.push_back(model::RandomTokens(older.config(), 3 + i, generator));
    }
    const std::vector<TrainGroup> groups = SampleGroups(
        older, PolicyOf(step == 0 ? 0 : step - 1), prompts,
        {.max_response_tokens = 40, .eos_ids = {36, 35}, .seed = uint64_t{step} + 1}, Score);
    older = ranks.trainer().parameters().Copy();
    RecordedStep recorded = {.before = older.Copy()};
    for (const TrainGroup& group : groups) recorded.groups.push_back(group.SerializeAsString());
    const auto metrics = ranks.RlStep(step, updates_per_step, groups, PolicyOf(step))[0];
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    recorded.metrics = *metrics;
    const absl::Span<const float> gradient = ranks.trainer().gradient();
    recorded.gradient.assign(gradient.begin(), gradient.end());
    steps.push_back(std::move(recorded));
  }
  return steps;
}

class RlReplay : public testing::TestWithParam<uint32_t> {};

TEST_P(RlReplay, GradientsOfRecordedStepsDoNotDependOnRanksOrMicroBatches) {
  const uint32_t updates_per_step = GetParam();
  const std::vector<RecordedStep> steps = Record(updates_per_step);
  double ratio = 0;
  double clipped = 0;
  for (const RecordedStep& step : steps) {
    EXPECT_EQ(step.metrics.updates(), updates_per_step);
    ratio = std::max(ratio, step.metrics.importance_ratio_max());
    clipped += step.metrics.clip_fraction_low() + step.metrics.clip_fraction_high();
  }
  EXPECT_GT(ratio, 1.3) << "off policy";
  EXPECT_GT(clipped, 0);
  EXPECT_GT(steps.back().metrics.kl_reference(), 0);

  Ranks one(1, steps[0].before, Stage(updates_per_step, 8192));
  Ranks two(2, steps[0].before, Stage(updates_per_step, 8192));
  Ranks three(3, steps[0].before, Stage(updates_per_step, 8192));
  Ranks cut(1, steps[0].before, Stage(updates_per_step, 60));
  for (uint32_t step = 0; step < kSteps; ++step) {
    const RecordedStep& recorded = steps[step];
    for (Ranks* ranks : {&one, &two, &three, &cut}) {
      for (size_t rank = 0; rank < ranks->size(); ++rank) {
        ASSERT_TRUE(ranks->trainer(rank).ReplaceParameters(recorded.before.Copy()).ok());
      }
      const auto metrics =
          ranks->RlStep(step, updates_per_step, recorded.Groups(), PolicyOf(step))[0];
      ASSERT_TRUE(metrics.ok()) << metrics.status();
      EXPECT_NEAR(metrics->loss(), recorded.metrics.loss(), 1e-5);
      EXPECT_NEAR(metrics->kl_reference(), recorded.metrics.kl_reference(), 1e-5);
      EXPECT_LT(RelativeDistance(ranks->trainer().gradient(), recorded.gradient), 1e-5)
          << "step " << step << ", ranks " << ranks->size();
    }
    EXPECT_EQ(one.trainer().gradient(), absl::MakeConstSpan(recorded.gradient))
        << "the same ranks and micro-batches give the same bits";
  }
}

INSTANTIATE_TEST_SUITE_P(UpdatesAStep, RlReplay, testing::Values(1u, 2u));

}  // namespace
}  // namespace gyre::learner

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/learner/training_runs.h"

namespace gyre::learner {
namespace {

using testing::HasSubstr;

StageSpec SftStage(uint32_t micro_batch_tokens = 8192) {
  StageSpec stage;
  stage.set_name("base");
  SftSpec& sft = *stage.mutable_sft();
  sft.set_steps(20);
  sft.set_examples_per_step(16);
  sft.set_micro_batch_tokens(micro_batch_tokens);
  OptimizerSpec& optimizer = *sft.mutable_optimizer();
  optimizer.set_learning_rate(1e-2f);
  optimizer.set_schedule(OptimizerSpec::COSINE);
  optimizer.set_warmup_updates(3);
  optimizer.set_weight_decay(0.01f);
  return stage;
}

struct RunResult {
  std::vector<double> losses;
  std::vector<float> parameters;
};

RunResult TwentySteps(int world_size, uint32_t micro_batch_tokens = 8192) {
  const weights::ModelConfig config = model::TinyConfig();
  Ranks ranks(world_size, model::Parameters::FromSeed(config, 1), SftStage(micro_batch_tokens));
  std::mt19937 generator(5);
  RunResult run;
  for (uint32_t step = 0; step < 20; ++step) {
    const auto results = ranks.SftStep(step, CountingExamples(config, 16, generator));
    for (const auto& result : results) {
      EXPECT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(result->loss(), results[0]->loss());
      EXPECT_EQ(result->gradient_norm(), results[0]->gradient_norm());
    }
    run.losses.push_back(results[0]->loss());
  }
  const absl::Span<const float> flat = ranks.trainer().parameters().flat();
  for (size_t rank = 1; rank < ranks.size(); ++rank)
    EXPECT_EQ(ranks.trainer(rank).parameters().flat(), flat) << "ranks differ";
  run.parameters.assign(flat.begin(), flat.end());
  return run;
}

TEST(SftTraining, LearnsToCount) {
  const RunResult run = TwentySteps(1);
  EXPECT_NEAR(run.losses.front(), std::log(37.0), 0.1);
  EXPECT_LT(run.losses.back(), 0.6 * run.losses.front());
}

TEST(SftTraining, LossesOfTwoRanksAreThoseOfOne) {
  const RunResult one = TwentySteps(1);
  for (const int world_size : {2, 3}) {
    const RunResult several = TwentySteps(world_size);
    for (size_t step = 0; step < 20; ++step)
      EXPECT_NEAR(several.losses[step], one.losses[step], 1e-5 * one.losses[step]) << step;
  }
}

TEST(SftTraining, LossesDoNotDependOnTheCutIntoMicroBatches) {
  const RunResult whole = TwentySteps(1);
  const RunResult cut = TwentySteps(1, 50);
  for (size_t step = 0; step < 20; ++step)
    EXPECT_NEAR(cut.losses[step], whole.losses[step], 1e-5 * whole.losses[step]) << step;
}

TEST(SftTraining, TheSameRunGivesTheSameBits) {
  EXPECT_EQ(TwentySteps(2).parameters, TwentySteps(2).parameters);
}

TEST(SftTraining, GoesOnFromACheckpointAsIfThereWereNone) {
  const weights::ModelConfig config = model::TinyConfig();
  std::mt19937 generator(5);
  std::vector<std::vector<SftExample>> steps;
  for (int i = 0; i < 6; ++i) steps.push_back(CountingExamples(config, 16, generator));
  Ranks whole(1, model::Parameters::FromSeed(config, 1), SftStage());
  for (uint32_t step = 0; step < 3; ++step) whole.SftStep(step, steps[step]);

  Ranks resumed(1, model::Parameters::FromSeed(config, 9), SftStage());
  ASSERT_TRUE(resumed.trainer().ReplaceParameters(whole.trainer().parameters().Copy()).ok());
  OptimizerState& state = whole.trainer().optimizer_state();
  ASSERT_TRUE(resumed.trainer().optimizer_state().Import(state.counts(), state.Export()).ok());
  for (uint32_t step = 3; step < 6; ++step) {
    whole.SftStep(step, steps[step]);
    resumed.SftStep(step, steps[step]);
  }
  EXPECT_EQ(resumed.trainer().parameters().flat(), whole.trainer().parameters().flat());
}

TEST(SftTraining, ReportsWhatItDid) {
  const weights::ModelConfig config = model::TinyConfig();
  Ranks ranks(2, model::Parameters::FromSeed(config, 1), SftStage());
  const std::vector<SftExample> examples = {{{1, 2, 3, 4, 5}, 2}, {{7, 8}, 1}, {{9, 10, 11}, 1}};
  const auto results = ranks.SftStep(2, examples);
  const StepMetrics& metrics = *results[0];
  EXPECT_EQ(metrics.stage(), "base");
  EXPECT_EQ(metrics.step(), 2u);
  EXPECT_EQ(metrics.tokens_trained(), 6u);
  EXPECT_EQ(metrics.updates(), 1u);
  EXPECT_EQ(metrics.nonfinite_updates(), 0u);
  EXPECT_NEAR(metrics.learning_rate(), 1e-2, 1e-9);
  EXPECT_NEAR(metrics.entropy(), std::log(37.0), 0.1);
  EXPECT_GT(metrics.gradient_norm(), 0);
  for (const char* phase : {"forward_backward", "reduce", "optimize"})
    EXPECT_EQ(metrics.step_seconds().count(phase), 1u) << phase;
}

TEST(SftTraining, ARankWithoutExamplesKeepsInStep) {
  const weights::ModelConfig config = model::TinyConfig();
  Ranks two(2, model::Parameters::FromSeed(config, 1), SftStage());
  Ranks one(1, model::Parameters::FromSeed(config, 1), SftStage());
  const std::vector<SftExample> examples = {{{1, 2, 3, 4, 5}, 2}};
  EXPECT_EQ((*two.SftStep(0, examples)[0]).loss(), (*one.SftStep(0, examples)[0]).loss());
  EXPECT_EQ(two.trainer(1).parameters().flat(), one.trainer(0).parameters().flat());
}

TEST(SftTraining, SkipsNonfiniteUpdatesOnAllRanksAndStopsAtTheThird) {
  const weights::ModelConfig config = model::TinyConfig();
  model::Parameters broken = model::Parameters::FromSeed(config, 1);
  broken.tensor("model.norm.weight")[4] = std::numeric_limits<float>::quiet_NaN();
  Ranks ranks(2, broken, SftStage());
  std::mt19937 generator(5);
  const std::vector<float> before(broken.flat().begin(), broken.flat().end());
  for (uint32_t step = 0; step < 2; ++step) {
    for (const auto& result : ranks.SftStep(step, CountingExamples(config, 8, generator))) {
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(result->nonfinite_updates(), 1u);
      EXPECT_EQ(result->updates(), 0u);
      EXPECT_EQ(result->tokens_trained(), 0u);
      EXPECT_EQ(result->loss(), 0);
    }
  }
  EXPECT_EQ(ranks.trainer().optimizer_state().counts(), (OptimizerCounts{0, 2}));
  const size_t bytes = before.size() * sizeof(float);
  EXPECT_EQ(std::memcmp(ranks.trainer().parameters().flat().data(), before.data(), bytes), 0);
  for (const auto& result : ranks.SftStep(2, CountingExamples(config, 8, generator))) {
    EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(result.status().message()),
                testing::AllOf(HasSubstr("non-finite"), HasSubstr("stage base, step 2, update 2")));
  }
}

TEST(SftTraining, AFiniteUpdateEndsARowOfOverflowingOnes) {
  const weights::ModelConfig config = model::TinyConfig();
  const model::Parameters good = model::Parameters::FromSeed(config, 1);
  // Element 4 of the residual stream is large in every row, then 3e37 times as large, then made
  // small again by the head: the log-probs are finite, but the head's gradient is beyond f32.
  model::Parameters broken = good.Copy();
  for (size_t token = 0; token < 37; ++token) {
    broken.tensor("model.embed_tokens.weight")[token * 20 + 4] = 1.0f;
    broken.tensor("lm_head.weight")[token * 20 + 4] = 1e-38f;
  }
  broken.tensor("model.norm.weight")[4] = 3e37f;
  model::ForwardScratch scratch;
  const auto log_probs = model::ScoreSequence({broken, BestKernels()}, {1, 2, 3, 4}, 1.0f, scratch);
  for (const float log_prob : *log_probs) ASSERT_TRUE(std::isfinite(log_prob));
  Ranks ranks(1, broken, SftStage());
  std::mt19937 generator(5);
  const auto step = [&](uint32_t index) {
    return ranks.SftStep(index, CountingExamples(config, 64, generator))[0];
  };
  EXPECT_EQ(step(0)->nonfinite_updates(), 1u);
  EXPECT_EQ(step(1)->nonfinite_updates(), 1u);
  ASSERT_TRUE(ranks.trainer().ReplaceParameters(good.Copy()).ok());
  EXPECT_EQ(step(2)->updates(), 1u);
  ASSERT_TRUE(ranks.trainer().ReplaceParameters(broken.Copy()).ok());
  EXPECT_TRUE(step(3).ok());
  EXPECT_TRUE(step(4).ok());
  EXPECT_FALSE(step(5).ok());
}

// The gradient that reached the optimizer in a stage's first update.
double NormOfFirstMoments(Trainer& trainer, const OptimizerSpec& spec) {
  double squares = 0;
  for (const OptimizerShard& shard : trainer.optimizer_state().Export()) {
    for (const float moment : shard.first_moment) {
      squares += std::pow(static_cast<double>(moment) / (1 - static_cast<double>(spec.beta1())), 2);
    }
  }
  return std::sqrt(squares);
}

TEST(SftTraining, AGradientAboveTheLimitIsScaledToItAndOneBelowIsLeft) {
  const weights::ModelConfig config = model::TinyConfig();
  std::mt19937 generator(5);
  const std::vector<SftExample> examples = CountingExamples(config, 16, generator);
  double norm = 0;
  for (const float limit : {0.0f, 1e-3f, 1e3f}) {
    StageSpec stage = SftStage();
    stage.mutable_sft()->mutable_optimizer()->set_clip_gradient_norm(limit);
    Ranks ranks(2, model::Parameters::FromSeed(config, 1), stage);
    const auto metrics = ranks.SftStep(0, examples)[0];
    ASSERT_TRUE(metrics.ok()) << metrics.status();
    // The reported norm is that before clipping, of the mean over all ranks' tokens.
    double squares = 0;
    for (const float g : ranks.trainer().gradient()) squares += std::pow(static_cast<double>(g), 2);
    const double expected = std::sqrt(squares) / static_cast<double>(metrics->tokens_trained());
    EXPECT_NEAR(metrics->gradient_norm(), expected, 1e-9 * expected);
    if (limit == 0) norm = expected;
    EXPECT_NEAR(expected, norm, 1e-9 * norm);
    const bool clips = limit == 1e-3f;
    const double used = clips ? static_cast<double>(limit) : norm;
    EXPECT_NEAR(NormOfFirstMoments(ranks.trainer(), stage.sft().optimizer()), used, 1e-5 * used);
    EXPECT_EQ(norm > static_cast<double>(limit), limit < 1);
  }
}

TEST(SftTraining, AMicroBatchThatDoesNotFitIntoMemoryIsNamed) {
  const weights::ModelConfig config = model::TinyConfig();
  Ranks ranks(1, model::Parameters::FromSeed(config, 1), SftStage(1 << 20));
  std::mt19937 generator(5);
  const std::vector<SftExample> examples = CountingExamples(config, 8000, generator);
  // 250 MB of activations, but only 50 MB more than there is now.
  long pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  rlimit less = before;
  less.rlim_cur = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE)) + (rlim_t{50} << 20);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &less), 0);
  const absl::Status status = ranks.trainer().SftStep({0, 0}, examples).status();
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("lower micro_batch_tokens"));
}

TEST(SftTraining, RefusesExamplesThatDoNotFit) {
  const weights::ModelConfig config = model::TinyConfig();
  Ranks ranks(1, model::Parameters::FromSeed(config, 1), SftStage());
  EXPECT_THAT(std::string(ranks.SftStep(0, {{{1, 37}, 1}})[0].status().message()),
              HasSubstr("token 37"));
  EXPECT_EQ(ranks.SftStep(0, {{std::vector<int32_t>(161, 1), 1}})[0].status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gyre::learner

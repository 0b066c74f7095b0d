#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/learner/training_runs.h"

namespace gyre::learner {
namespace {

using testing::HasSubstr;

StageSpec RlStage(uint32_t updates_per_step = 1, uint32_t micro_batch_tokens = 8192) {
  StageSpec stage;
  stage.set_name("zero");
  RlSpec& rl = *stage.mutable_rl();
  rl.set_steps(20);
  rl.set_prompts_per_step(10);
  rl.set_samples_per_prompt(4);
  rl.set_updates_per_step(updates_per_step);
  rl.set_micro_batch_tokens(micro_batch_tokens);
  rl.mutable_optimizer()->set_learning_rate(1e-3f);
  return stage;
}

class RlTraining : public testing::Test {
 protected:
  std::vector<TrainGroup> Groups(Ranks& ranks, size_t count = 10, float temperature = 1.0f) {
    return RandomGroups(ranks.trainer().network(), count, generator_, temperature);
  }

  const model::Parameters parameters_ = model::RandomParameters(model::TinyConfig(), 1);
  std::mt19937 generator_{3};
};

TEST_F(RlTraining, GradientsOfTwentyStepsDoNotDependOnRanksOrMicroBatches) {
  Ranks one(1, parameters_, RlStage());
  Ranks two(2, parameters_, RlStage());
  Ranks cut(1, parameters_, RlStage(1, 100));
  for (uint32_t step = 0; step < 20; ++step) {
    const std::vector<TrainGroup> groups = Groups(one);
    for (Ranks* ranks : {&one, &two, &cut}) {
      for (const auto& result : ranks->RlStep(step, 1, groups, TestPolicy()))
        ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_LT(RelativeDistance(ranks->trainer().gradient(), one.trainer().gradient()), 1e-5)
          << "step " << step;
    }
    // As in a replay from a ledger: every step from the same weights.
    for (Ranks* ranks : {&two, &cut}) {
      for (size_t rank = 0; rank < ranks->size(); ++rank) {
        ASSERT_TRUE(ranks->trainer(rank).ReplaceParameters(one.trainer().parameters().Copy()).ok());
      }
    }
  }
}

TEST_F(RlTraining, AgreesWithTheEngineExactlyAndSaysHowManyWereCompared) {
  for (const float temperature : {1.0f, 0.8f}) {
    StageSpec stage = RlStage(2);
    stage.mutable_rl()->set_temperature(temperature);
    Ranks ranks(2, parameters_, stage);
    std::vector<TrainGroup> groups = Groups(ranks, 10, temperature);
    uint64_t first_half = 0;
    uint64_t all = 0;
    for (size_t i = 0; i < groups.size(); ++i) {
      all += groups[i].totals().train_tokens();
      if (i < 5) first_half += groups[i].totals().train_tokens();
    }
    const auto result = ranks.RlStep(0, 2, groups, TestPolicy())[0];
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->logprobs_compared(), first_half);
    EXPECT_EQ(result->tokens_trained(), all);
    EXPECT_EQ(result->logprob_difference_max(), 0);
    EXPECT_EQ(result->logprob_difference_mean(), 0);
    EXPECT_EQ(result->updates(), 2u);
  }
}

TEST_F(RlTraining, ReportsLogProbsThatDiffer) {
  Ranks ranks(2, parameters_, RlStage());
  std::vector<TrainGroup> groups = Groups(ranks, 2);
  auto& log_probs = *groups[1].mutable_samples(0)->mutable_spans(0)->mutable_log_probs();
  groups[1].mutable_totals()->mutable_samples(0)->set_scored(true);
  groups[1].mutable_totals()->mutable_samples(0)->set_total(9);
  log_probs[0] -= 0.5f;
  const auto result = ranks.RlStep(0, 1, groups, TestPolicy())[0];
  EXPECT_NEAR(result->logprob_difference_max(), 0.5, 1e-6);
  EXPECT_NEAR(result->logprob_difference_mean(),
              0.5 / static_cast<double>(result->logprobs_compared()), 1e-6);
  EXPECT_NEAR(result->importance_ratio_max(), std::exp(0.5), 1e-5);
  // Samples of other policies are trained on, but not compared.
  const auto other = ranks.RlStep(1, 1, groups, PolicyId())[0];
  EXPECT_EQ(other->logprobs_compared(), 0u);
  EXPECT_EQ(other->logprob_difference_max(), 0);
  EXPECT_GT(other->tokens_trained(), 0u);
}

TEST_F(RlTraining, AnUpdateThatIsNotFiniteIsSkippedAndShowsWhatWasCompared) {
  model::Parameters broken = parameters_.Copy();
  broken.tensor("model.norm.weight")[4] = std::numeric_limits<float>::quiet_NaN();
  Ranks good(2, parameters_, RlStage(2));
  Ranks ranks(2, broken, RlStage(2));
  const std::vector<TrainGroup> groups = Groups(good);
  uint64_t first_half = 0;
  for (size_t i = 0; i < 5; ++i) first_half += groups[i].totals().train_tokens();
  for (const auto& result : ranks.RlStep(0, 2, groups, TestPolicy())) {
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->nonfinite_updates(), 2u);
    EXPECT_EQ(result->updates(), 0u);
    EXPECT_EQ(result->tokens_trained(), 0u);
    EXPECT_EQ(result->logprobs_compared(), first_half);
    EXPECT_EQ(result->logprob_difference_max(), std::numeric_limits<double>::infinity());
  }
  EXPECT_EQ(ranks.trainer().optimizer_state().counts(), (OptimizerCounts{0, 2}));
  for (const auto& result : ranks.RlStep(1, 2, groups, TestPolicy())) {
    EXPECT_TRUE(absl::IsFailedPrecondition(result.status())) << result.status();
    EXPECT_THAT(std::string(result.status().message()),
                testing::AllOf(HasSubstr("non-finite"), HasSubstr("stage zero, step 1, update 2")));
  }
}

TEST_F(RlTraining, ASkippedUpdateInTheMiddleOfAStepLeavesTheOthersMade) {
  Ranks ranks(2, parameters_, RlStage(3));
  std::vector<TrainGroup> groups = Groups(ranks, 9);
  // Of the second mini-batch: a log-prob that no sampler should report.
  Span& span = *groups[3].mutable_samples(0)->mutable_spans(0);
  span.set_log_probs(0, std::numeric_limits<float>::quiet_NaN());
  groups[3].mutable_totals()->mutable_samples(0)->set_scored(true);
  groups[3].mutable_totals()->mutable_samples(0)->set_total(9);
  const auto results = ranks.RlStep(0, 3, groups, TestPolicy());
  for (const auto& result : results) {
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->updates(), 2u);
    EXPECT_EQ(result->nonfinite_updates(), 1u);
    EXPECT_TRUE(std::isfinite(result->loss()));
  }
  EXPECT_EQ(ranks.trainer().optimizer_state().counts(), (OptimizerCounts{2, 0}));
  EXPECT_EQ(ranks.trainer(0).parameters().flat(), ranks.trainer(1).parameters().flat());
}

TEST_F(RlTraining, MakesTheBetterSampleLikelier) {
  Ranks ranks(1, parameters_, RlStage());
  std::vector<TrainGroup> groups = Groups(ranks, 1);
  for (int i = 0; i < 4; ++i) {
    groups[0].mutable_totals()->mutable_samples(i)->set_scored(true);
    groups[0].mutable_totals()->mutable_samples(i)->set_total(i == 2 ? 1 : 0);
  }
  const auto log_prob = [&](int sample) {
    std::vector<int32_t> tokens(groups[0].prompt_token_ids().begin(),
                                groups[0].prompt_token_ids().end());
    const Span& span = groups[0].samples(sample).spans(0);
    tokens.insert(tokens.end(), span.token_ids().begin(), span.token_ids().end());
    model::ForwardScratch scratch;
    const auto all = model::ScoreSequence(ranks.trainer().network(), tokens, 1.0f, scratch);
    double sum = 0;
    for (size_t i = 3; i < all->size(); ++i) sum += static_cast<double>((*all)[i]);
    return sum;
  };
  const double best_before = log_prob(2);
  const double other_before = log_prob(1);
  for (uint32_t step = 0; step < 3; ++step)
    ASSERT_TRUE(ranks.RlStep(step, 1, groups, TestPolicy())[0].ok());
  EXPECT_GT(log_prob(2), best_before);
  EXPECT_LT(log_prob(1), other_before);
}

TEST_F(RlTraining, AStepWithoutKeptGroupsTouchesNothing) {
  Ranks ranks(2, parameters_, RlStage(2));
  std::vector<TrainGroup> groups = Groups(ranks);
  for (TrainGroup& group : groups) group.mutable_totals()->set_train_tokens(0);
  const auto result = ranks.RlStep(0, 2, groups, TestPolicy())[0];
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->updates(), 0u);
  EXPECT_EQ(result->tokens_trained(), 0u);
  EXPECT_EQ(result->nonfinite_updates(), 0u);
  EXPECT_EQ(ranks.trainer().parameters().flat(), parameters_.flat());
  EXPECT_EQ(ranks.trainer().optimizer_state().counts(), OptimizerCounts());
}

TEST_F(RlTraining, TheLossOfAStepOnPolicyIsTheMeanAdvantageOfItsTokens) {
  Ranks ranks(1, parameters_, RlStage());
  const std::vector<TrainGroup> groups = Groups(ranks);
  std::vector<TrainingSequence> sequences;
  for (const TrainGroup& group : groups) {
    ASSERT_TRUE(AppendSequencesOf(group, RlStage().rl(), TestPolicy(), {37, 160}, sequences).ok());
  }
  double sum = 0;
  double tokens = 0;
  for (const TrainingSequence& sequence : sequences) {
    sum -= sequence.advantage * static_cast<double>(sequence.target_positions.size());
    tokens += static_cast<double>(sequence.target_positions.size());
  }
  const auto result = ranks.RlStep(0, 1, groups, TestPolicy())[0];
  EXPECT_NEAR(result->loss(), sum / tokens, 1e-12);
  EXPECT_EQ(result->importance_ratio_max(), 1);
  EXPECT_EQ(result->clip_fraction_low() + result->clip_fraction_high(), 0);
  EXPECT_EQ(result->kl_reference(), 0);
}

TEST_F(RlTraining, LaterMiniBatchesAreOffPolicyAndMayBeClipped) {
  StageSpec stage = RlStage(5);
  stage.mutable_rl()->mutable_optimizer()->set_learning_rate(0.03f);
  Ranks ranks(1, parameters_, stage);
  const auto result = ranks.RlStep(0, 5, Groups(ranks), TestPolicy())[0];
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->importance_ratio_max(), 1.3);
  EXPECT_GT(result->clip_fraction_low(), 0);
  EXPECT_GT(result->clip_fraction_high(), 0);
  EXPECT_EQ(result->logprob_difference_max(), 0);
}

TEST_F(RlTraining, TheKlTermMeasuresTheWayFromTheReference) {
  StageSpec stage = RlStage();
  stage.mutable_rl()->mutable_grpo()->set_kl_coefficient(0.01f);
  stage.mutable_rl()->mutable_grpo()->set_reference_every_steps(3);
  Ranks ranks(2, parameters_, stage);
  ASSERT_NE(ranks.trainer().reference(), nullptr);
  std::vector<double> kl;
  for (uint32_t step = 0; step < 5; ++step) {
    const auto result = ranks.RlStep(step, 1, Groups(ranks), TestPolicy())[0];
    ASSERT_TRUE(result.ok()) << result.status();
    kl.push_back(result->kl_reference());
  }
  EXPECT_EQ(kl[0], 0);
  EXPECT_GT(kl[1], 0);
  EXPECT_GT(kl[2], kl[1]);
  EXPECT_EQ(kl[3], 0);  // the reference has become the policy
  EXPECT_GT(kl[4], 0);
}

TEST_F(RlTraining, GoesOnWithItsReferenceAfterARestart) {
  StageSpec stage = RlStage();
  stage.mutable_rl()->mutable_grpo()->set_kl_coefficient(0.1f);
  Ranks whole(1, parameters_, stage);
  ASSERT_TRUE(whole.RlStep(0, 1, Groups(whole), TestPolicy())[0].ok());

  Ranks resumed(1, whole.trainer().parameters(), stage);
  OptimizerState& state = whole.trainer().optimizer_state();
  ASSERT_TRUE(resumed.trainer().optimizer_state().Import(state.counts(), state.Export()).ok());
  ASSERT_TRUE(resumed.trainer().ReplaceReference(whole.trainer().reference()->Copy()).ok());
  const std::vector<TrainGroup> groups = Groups(whole);
  ASSERT_TRUE(whole.RlStep(1, 1, groups, TestPolicy())[0].ok());
  ASSERT_TRUE(resumed.RlStep(1, 1, groups, TestPolicy())[0].ok());
  EXPECT_EQ(resumed.trainer().parameters().flat(), whole.trainer().parameters().flat());

  Ranks without(1, parameters_, RlStage());
  EXPECT_EQ(without.trainer().ReplaceReference(parameters_.Copy()).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(RlTraining, RefusesAGroupOfAnotherTemperature) {
  Ranks ranks(1, parameters_, RlStage());
  const auto result = ranks.RlStep(0, 1, Groups(ranks, 2, 0.5f), TestPolicy())[0];
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("temperature 0.5"));
}

}  // namespace
}  // namespace gyre::learner

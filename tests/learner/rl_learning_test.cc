// That reinforcement learns: engine, rewards, advantages, loss and optimizer in a circle, seconds
// long.
#include <vector>

#include "gtest/gtest.h"
#include "tests/learner/sampled_groups.h"
#include "tests/learner/training_runs.h"

namespace gyre::learner {
namespace {

constexpr int32_t kDigits = 4;
constexpr int32_t kAsk = 4;
constexpr int32_t kEnd = 5;
constexpr uint32_t kSteps = 80;

weights::ModelConfig SmallConfig() {
  weights::ModelConfig config;
  config.vocab_size = 8;  // two tokens are of no use
  config.hidden_size = 32;
  config.num_layers = 2;
  config.num_heads = 2;
  config.num_kv_heads = 2;
  config.head_size = 16;
  config.intermediate_size = 48;
  config.max_positions = 32;
  return config;
}

// "d ?" is to be answered by the next digit and then the end. Whoever does not look at the prompt
// has at most a quarter; an untrained model 1/8 · 1/2 + 1/64 · 1/2.
double Score(const std::vector<int32_t>& prompt, const std::vector<int32_t>& response) {
  if (response[0] != (prompt[0] + 1) % kDigits) return 0;
  return response.size() > 1 && response[1] == kEnd ? 1 : 0.5;
}

// Mean reward of each step, before its update.
std::vector<double> Rewards(uint32_t updates_per_step, float kl_coefficient) {
  StageSpec stage;
  stage.set_name("zero");
  RlSpec& rl = *stage.mutable_rl();
  rl.set_steps(kSteps);
  rl.set_updates_per_step(updates_per_step);
  rl.mutable_optimizer()->set_learning_rate(5e-3f);
  rl.mutable_grpo()->set_kl_coefficient(kl_coefficient);
  Ranks ranks(2, model::Parameters::FromSeed(SmallConfig(), 3), stage);
  std::vector<std::vector<int32_t>> prompts;
  for (int32_t i = 0; i < 16; ++i) prompts.push_back({i % kDigits, kAsk});
  std::vector<double> rewards;
  for (uint32_t step = 0; step < kSteps; ++step) {
    PolicyId policy;
    policy.set_version(step);
    const std::vector<TrainGroup> groups =
        SampleGroups(ranks.trainer().parameters(), policy, prompts,
                     {.samples_per_prompt = 8,
                      .max_response_tokens = 4,
                      .eos_ids = {kEnd},
                      .seed = uint64_t{step} + 1},
                     Score);
    rewards.push_back(MeanTotal(groups));
    const auto metrics = ranks.RlStep(step, updates_per_step, groups, policy)[0];
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    if (!metrics.ok()) break;
    EXPECT_EQ(metrics->logprob_difference_max(), 0);
  }
  return rewards;
}

void ExpectLearnt(const std::vector<double>& rewards) {
  ASSERT_EQ(rewards.size(), size_t{kSteps});
  EXPECT_LT(rewards.front(), 0.25);
  double last = 0;
  for (uint32_t step = kSteps - 5; step < kSteps; ++step) last += rewards[step] / 5;
  EXPECT_GT(last, 0.8) << "a quarter needs no prompt; more needs advantages of the right sign";
}

TEST(RlLearning, RaisesTheRewardFromChanceToNearlyAll) { ExpectLearnt(Rewards(1, 0)); }

TEST(RlLearning, LearnsWithSeveralUpdatesAStepAndAKlTerm) { ExpectLearnt(Rewards(2, 0.001f)); }

}  // namespace
}  // namespace gyre::learner

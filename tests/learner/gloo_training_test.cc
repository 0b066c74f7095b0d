// Training by ranks in processes of their own: what the ring's order of addition gives is what one
// rank gives, but for rounding.
#include <cstdlib>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/digest.h"
#include "gtest/gtest.h"
#include "learner/share.h"
#include "learner/trainer.h"
#include "tests/learner/forked_ranks.h"
#include "tests/learner/training_runs.h"

namespace gyre::learner {
namespace {

constexpr int kSteps = 20;

// A line a step: loss and gradient norm; then the digest of the parameters.
std::string TrainTwentySteps(std::unique_ptr<GlooCollectives> collectives) {
  const auto rank = static_cast<size_t>(collectives->rank());
  const auto world_size = static_cast<uint32_t>(collectives->world_size());
  StageSpec stage;
  stage.set_name("base");
  stage.mutable_sft()->set_steps(kSteps);
  OptimizerSpec& optimizer = *stage.mutable_sft()->mutable_optimizer();
  optimizer.set_learning_rate(1e-2f);
  optimizer.set_warmup_updates(3);
  optimizer.set_weight_decay(0.01f);

  LocalCollectives alone;
  const weights::ModelConfig config = model::TinyConfig();
  Trainer trainer(model::Parameters::FromSeed(config, 1), BestKernels(),
                  world_size == 1 ? static_cast<Collectives&>(alone) : *collectives);
  std::string report = std::string(trainer.BeginStage(stage).message());
  std::mt19937 generator(5);
  for (uint32_t step = 0; step < kSteps; ++step) {
    const std::vector<SftExample> examples = CountingExamples(config, 16, generator);
    std::vector<uint64_t> tokens;
    for (const SftExample& example : examples) tokens.push_back(example.token_ids.size());
    const std::vector<std::vector<uint32_t>> shares = AssignExamples(tokens, world_size);
    std::vector<SftExample> share;
    for (const uint32_t index : shares[rank]) share.push_back(examples[index]);
    const absl::StatusOr<StepMetrics> metrics = trainer.SftStep({step, step}, share);
    if (!metrics.ok()) return std::string(metrics.status().message());
    absl::StrAppend(&report,
                    absl::StrFormat("%.17g %.17g\n", metrics->loss(), metrics->gradient_norm()));
  }
  const absl::Span<const float> flat = trainer.parameters().flat();
  base::Sha256 digest;
  digest.Update(flat.data(), flat.size() * sizeof(float));
  return absl::StrCat(report, digest.Finish().ToHex());
}

std::vector<double> Numbers(const std::string& report) {
  std::vector<double> numbers;
  std::istringstream lines(report);
  for (double number; numbers.size() < 2 * kSteps && lines >> number;) numbers.push_back(number);
  return numbers;
}

TEST(GlooTraining, LossesOfTwoAndThreeRanksAreThoseOfOne) {
  ForkedRanks one(1, absl::Seconds(60), TrainTwentySteps);
  const std::string report = one.Output(0);
  const std::vector<double> expected = Numbers(report);
  ASSERT_EQ(expected.size(), size_t{2 * kSteps}) << report;
  EXPECT_LT(expected[2 * kSteps - 2], 0.7 * expected[0]) << "nothing was learnt";
  for (const int world_size : {2, 3}) {
    ForkedRanks ranks(world_size, absl::Seconds(60), TrainTwentySteps);
    const std::string first = ranks.Output(0);
    const std::vector<double> numbers = Numbers(first);
    ASSERT_EQ(numbers.size(), expected.size()) << first;
    for (size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_NEAR(numbers[i], expected[i], 1e-5 * expected[i]) << "step " << i / 2;
    }
    for (int rank = 1; rank < world_size; ++rank) {
      EXPECT_EQ(ranks.Output(rank), first) << "losses, norms and weights of rank " << rank;
    }
  }
}

}  // namespace
}  // namespace gyre::learner

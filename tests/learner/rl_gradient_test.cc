// The gradient of one whole RL step against autograd: the loss written once more, in ATen and in
// double, from its formulas (docs/training.md), over the reference network.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/learner/training_runs.h"
#include "tests/model/reference_network.h"

namespace gyre::learner {
namespace {

StageSpec Stage(GrpoSpec::Std std, float kl_coefficient, float temperature) {
  StageSpec stage;
  stage.set_name("zero");
  RlSpec& rl = *stage.mutable_rl();
  rl.set_steps(4);
  rl.set_temperature(temperature);
  rl.mutable_optimizer()->set_learning_rate(1e-3f);
  rl.mutable_optimizer()->set_clip_gradient_norm(0.01f);
  GrpoSpec& grpo = *rl.mutable_grpo();
  grpo.set_std(std);
  grpo.set_std_epsilon(1e-4f);
  grpo.set_clip_low(0.15f);
  grpo.set_clip_high(0.3f);
  grpo.set_kl_coefficient(kl_coefficient);
  return stage;
}

// The parameters, each moved a little: an older or a later policy.
model::Parameters Near(const model::Parameters& parameters, uint32_t seed) {
  model::Parameters moved = parameters.Copy();
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  for (float& weight : moved.flat()) weight += 0.01f * normal(generator);
  return moved;
}

at::Tensor LogProbsOf(const model::ReferenceNetwork& network, const std::vector<int32_t>& tokens,
                      int64_t prompt, double inverse_temperature) {
  const int64_t length = static_cast<int64_t>(tokens.size());
  const at::Tensor all = network.LogSoftmax(tokens, inverse_temperature);
  const at::Tensor ids = at::tensor(tokens, at::kInt).to(at::kLong);
  return all.slice(0, prompt - 1, length - 1)
      .gather(1, ids.slice(0, prompt, length).unsqueeze(1))
      .squeeze(1);
}

std::vector<double> Advantages(const TrainGroup& group, const GrpoSpec& grpo) {
  std::vector<double> totals;
  for (const auto& total : group.totals().samples()) {
    if (total.scored()) totals.push_back(total.total());
  }
  const at::Tensor all = at::tensor(totals, at::kDouble);
  at::Tensor centred = all - all.mean();
  if (grpo.std() != GrpoSpec::NONE) {
    const bool unbiased = grpo.std() == GrpoSpec::SAMPLE;
    centred = centred / (all.std(unbiased) + static_cast<double>(grpo.std_epsilon()));
  }
  return {centred.const_data_ptr<double>(), centred.const_data_ptr<double>() + totals.size()};
}

struct Expected {
  double loss = 0;  // mean over tokens
  double clipped = 0;
  double kl = 0;
  double tokens = 0;
};

// Leaves the gradient of the sum over tokens in `network`.
Expected Backward(const model::ReferenceNetwork& network, const model::ReferenceNetwork& reference,
                  const std::vector<TrainGroup>& groups, const RlSpec& rl) {
  const double inverse_temperature = static_cast<double>(1.0f / rl.temperature());
  const double low = 1 - static_cast<double>(rl.grpo().clip_low());
  const double high = 1 + static_cast<double>(rl.grpo().clip_high());
  const double beta = static_cast<double>(rl.grpo().kl_coefficient());
  Expected expected;
  std::vector<at::Tensor> losses;
  for (const TrainGroup& group : groups) {
    if (group.totals().train_tokens() == 0) continue;
    const std::vector<double> advantages = Advantages(group, rl.grpo());
    size_t scored = 0;
    for (int s = 0; s < group.samples_size(); ++s) {
      if (!group.totals().samples(s).scored()) continue;
      const double advantage = advantages[scored++];
      const Span& span = group.samples(s).spans(0);
      std::vector<int32_t> tokens(group.prompt_token_ids().begin(), group.prompt_token_ids().end());
      const int64_t prompt = static_cast<int64_t>(tokens.size());
      tokens.insert(tokens.end(), span.token_ids().begin(), span.token_ids().end());
      const at::Tensor now = LogProbsOf(network, tokens, prompt, inverse_temperature);
      const at::Tensor before = at::tensor(
          std::vector<double>(span.log_probs().begin(), span.log_probs().end()), at::kDouble);
      const at::Tensor ratio = at::exp(now - before);
      const at::Tensor objective =
          at::minimum(ratio * advantage, at::clamp(ratio, low, high) * advantage);
      const at::Tensor d =
          now - LogProbsOf(reference, tokens, prompt, inverse_temperature).detach();
      const at::Tensor k3 = at::exp(-d) + d - 1;
      losses.push_back((beta * k3 - objective).sum());
      expected.clipped += (objective < ratio * advantage).sum().item<double>();
      expected.kl += k3.sum().item<double>();
      expected.tokens += static_cast<double>(span.token_ids_size());
    }
  }
  const at::Tensor loss = at::stack(losses).sum();
  loss.backward();
  expected.loss = loss.item<double>() / expected.tokens;
  return expected;
}

class RlGradient : public testing::TestWithParam<std::tuple<GrpoSpec::Std, float, float>> {};

TEST_P(RlGradient, OfAWholeStepIsAutograds) {
  at::set_num_threads(1);  // the tensors are small: more would only wait for each other
  const auto [std, kl_coefficient, temperature] = GetParam();
  const StageSpec stage = Stage(std, kl_coefficient, temperature);
  const model::Parameters parameters = model::RandomParameters(model::TinyConfig(), 1);
  const model::Parameters first = Near(parameters, 11);
  Ranks ranks(2, parameters, stage);
  if (kl_coefficient > 0) {
    for (size_t rank = 0; rank < 2; ++rank) {
      ASSERT_TRUE(ranks.trainer(rank).ReplaceReference(first.Copy()).ok());
    }
  }
  std::mt19937 generator(3);
  const std::vector<TrainGroup> groups =
      RandomGroups({Near(parameters, 12), BestKernels()}, 8, generator, temperature);
  const auto metrics = ranks.RlStep(0, 1, groups, PolicyId())[0];
  ASSERT_TRUE(metrics.ok()) << metrics.status();

  const model::ReferenceNetwork network(parameters);
  const Expected expected = Backward(network, model::ReferenceNetwork(first), groups, stage.rl());
  EXPECT_GT(expected.clipped, 0);
  EXPECT_EQ(metrics->tokens_trained(), static_cast<uint64_t>(expected.tokens));
  EXPECT_NEAR(metrics->loss(), expected.loss, 1e-5);
  EXPECT_NEAR((metrics->clip_fraction_low() + metrics->clip_fraction_high()) * expected.tokens,
              expected.clipped, 1e-6);
  if (kl_coefficient > 0) {
    EXPECT_GT(expected.kl / expected.tokens, 1e-4);
    EXPECT_NEAR(metrics->kl_reference(), expected.kl / expected.tokens,
                1e-5 * expected.kl / expected.tokens + 1e-7);
  }
  double squares = 0;
  double off = 0;
  for (const model::TensorPlace& place : parameters.layout().tensors()) {
    const at::Tensor want = network.weight(place.name).grad();
    const at::Tensor got =
        at::from_blob(const_cast<float*>(ranks.trainer().gradient().data()) + place.offset,
                      place.shape, at::kFloat);
    squares += want.square().sum().item<double>();
    off += (got - want).square().sum().item<double>();
    EXPECT_LT((got - want).norm().item<double>(), 2e-5 * want.norm().item<double>()) << place.name;
  }
  EXPECT_LT(std::sqrt(off), 1e-5 * std::sqrt(squares));
  EXPECT_NEAR(metrics->gradient_norm(), std::sqrt(squares) / expected.tokens,
              1e-5 * std::sqrt(squares) / expected.tokens);
}

INSTANTIATE_TEST_SUITE_P(StdsAndTerms, RlGradient,
                         testing::Values(std::make_tuple(GrpoSpec::POPULATION, 0.0f, 1.0f),
                                         std::make_tuple(GrpoSpec::POPULATION, 0.05f, 1.0f),
                                         std::make_tuple(GrpoSpec::SAMPLE, 0.05f, 0.8f),
                                         std::make_tuple(GrpoSpec::NONE, 0.2f, 1.25f)));

}  // namespace
}  // namespace gyre::learner

// The engine's log-probabilities are the training forward pass's, bit for bit.
#include <cmath>

#include "engine/engine.h"
#include "model/log_probs.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

class TrainingAgreement : public testing::TestWithParam<float> {};

TEST_P(TrainingAgreement, LogProbsHaveTheBitsOfTheTrainingPass) {
  const float temperature = GetParam();
  const weights::ModelConfig config = model::TinyConfig();
  const std::shared_ptr<const Policy> policy = TinyPolicy(4);
  Engine engine({.config = config, .max_sequences = 24});
  ASSERT_TRUE(engine.InstallPolicy(policy).ok());
  std::vector<GenerationRequest> requests;
  for (uint64_t id = 0; id < 12; ++id) {
    requests.push_back(TinyRequest(id, static_cast<int32_t>(1 + 9 * id), /*samples=*/4));
    requests.back().sampling.temperature = temperature;
    ASSERT_TRUE(engine.Add(requests.back()).ok());
  }
  const Samples samples = RunToEnd(engine);

  model::TrainingNetwork network(model::RandomParameters(config, 4),
                                 kernels::Kernels(kernels::BestInstructionSet()));
  model::SequenceBatch batch(network.forward().kv_layout());
  batch.Clear();
  std::vector<float> drawn;
  for (const auto& [key, sample] : samples) {
    std::vector<int32_t> tokens = requests[key.first].prompt;
    std::vector<int32_t> targets;
    for (const int32_t token : sample.tokens) {
      targets.push_back(static_cast<int32_t>(tokens.size()));
      tokens.push_back(token);
    }
    batch.Add(tokens, targets);
    drawn.insert(drawn.end(), sample.log_probs.begin(), sample.log_probs.end());
  }
  batch.Finish();
  // Greedy samples carry the log-probabilities of temperature 1.
  const float inverse_temperature = temperature == 0 ? 1.0f : 1.0f / temperature;
  const at::Tensor trained =
      model::ComputeLogProbs(network, batch, inverse_temperature).log_probs.detach().contiguous();
  ASSERT_EQ(static_cast<size_t>(trained.numel()), drawn.size());
  ASSERT_GT(drawn.size(), 400u);
  const float* data = trained.const_data_ptr<float>();
  EXPECT_TRUE(SameBits(drawn, std::vector<float>(data, data + drawn.size())));
}

INSTANTIATE_TEST_SUITE_P(Temperatures, TrainingAgreement, testing::Values(1.0f, 0.7f, 1.3f, 0.0f));

}  // namespace
}  // namespace gyre::engine

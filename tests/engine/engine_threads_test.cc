// Threads that share a step change no bit of it, and neither does anything else that comes together
// in an engine: all log-probs are those of a pass over the whole sequence by one thread.
#include "engine/engine.h"
#include "model/probe.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

// Large enough that each piece of work is worth sharing, of odd shapes: a head that does not fill
// its last panel, gate and up that each begin with one.
weights::ModelConfig SharedWorkConfig(int64_t intermediate_size) {
  weights::ModelConfig config;
  config.vocab_size = 515;
  config.hidden_size = 136;
  config.num_layers = 2;
  config.num_heads = 6;
  config.num_kv_heads = 3;
  config.head_size = 40;
  config.intermediate_size = intermediate_size;
  config.max_positions = 500;
  config.tie_head = true;
  return config;
}

class EngineThreads : public testing::TestWithParam<int64_t> {
 protected:
  Samples Generate(const Engine::Options& options, const std::vector<GenerationRequest>& requests) {
    Engine engine(options);
    EXPECT_TRUE(engine.InstallPolicy(policy_).ok());
    for (const GenerationRequest& request : requests) EXPECT_TRUE(engine.Add(request).ok());
    Samples samples = RunToEnd(engine);
    preemptions_ = engine.counters().preemptions;
    return samples;
  }

  GenerationRequest Request(uint64_t id, int64_t prompt_tokens, int32_t samples) {
    std::mt19937 generator(static_cast<uint32_t>(id));
    GenerationRequest request;
    request.id = id;
    request.random_key = id;
    request.prompt = model::RandomTokens(config_, prompt_tokens, generator);
    request.samples = samples;
    request.max_response_tokens = 12;
    if (id == 4) request.sampling.temperature = 0.7f;
    return request;
  }

  std::vector<GenerationRequest> Requests() {
    return {Request(1, 450, 2), Request(2, 8, 9), Request(3, 33, 1), Request(4, 1, 3)};
  }

  const weights::ModelConfig config_ = SharedWorkConfig(GetParam());
  const std::shared_ptr<const Policy> policy_ = std::make_shared<const Policy>(
      Policy{{},
             model::PackedNetwork(model::Parameters::FromSeed(config_, 5),
                                  kernels::Kernels(kernels::BestInstructionSet()))});
  uint64_t preemptions_ = 0;
};

TEST_P(EngineThreads, EveryNumberOfThreadsGivesTheSameBits) {
  const Samples expected = Generate({.config = config_, .max_sequences = 16}, Requests());
  ASSERT_EQ(expected.size(), 15u);
  for (const int threads : {2, 3}) {
    ExpectSameSamples(
        expected,
        Generate({.config = config_, .max_sequences = 16, .threads = threads}, Requests()));
    // One at a time: work of one row is cut otherwise.
    ExpectSameSamples(
        expected,
        Generate({.config = config_, .max_sequences = 1, .threads = threads}, Requests()));
    ExpectSameSamples(expected, Generate({.config = config_,
                                          .max_sequences = 16,
                                          .kv_blocks = 36,
                                          .threads = threads,
                                          .kept_for_growth = 0},
                                         Requests()));
    EXPECT_GT(preemptions_, 0u);
  }
}

TEST_P(EngineThreads, LogProbsAreThoseOfThePassOverTheWholeSequence) {
  const std::vector<GenerationRequest> requests = Requests();
  const Samples samples =
      Generate({.config = config_, .max_sequences = 16, .threads = 2}, requests);
  model::ForwardScratch scratch;
  for (const auto& [key, sample] : samples) {
    const GenerationRequest& request = requests[key.first - 1];
    std::vector<int32_t> sequence = request.prompt;
    sequence.insert(sequence.end(), sample.tokens.begin(), sample.tokens.end());
    const auto response_of = [&](float inverse_temperature) {
      const auto log_probs =
          model::ScoreSequence(policy_->network, sequence, inverse_temperature, scratch);
      EXPECT_TRUE(log_probs.ok());
      return std::vector<float>(log_probs->end() - static_cast<int64_t>(sample.tokens.size()),
                                log_probs->end());
    };
    EXPECT_TRUE(SameBits(response_of(1.0f), sample.plain_log_probs));
    const float temperature = request.sampling.temperature;
    EXPECT_TRUE(
        SameBits(temperature == 1 ? sample.plain_log_probs : response_of(1.0f / temperature),
                 sample.log_probs));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, EngineThreads, testing::Values(256, 250), [](const auto& size) {
  return "Intermediate" + std::to_string(size.param);
});

}  // namespace
}  // namespace gyre::engine

// A sample's tokens and log-probabilities do not depend on what else the engine does.
#include <algorithm>
#include <set>

#include "engine/engine.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

std::vector<GenerationRequest> Requests() {
  std::vector<GenerationRequest> requests;
  const int32_t prompt_tokens[] = {1, 2, 9, 16, 17, 18, 33, 70};
  for (uint64_t id = 0; id < 16; ++id) {
    requests.push_back(TinyRequest(id, prompt_tokens[id % 8], /*samples=*/4));
    if (id >= 8) requests.back().sampling.temperature = 0.7f;
    if (id % 4 == 3) requests.back().sampling.truncation = {.top_k = 20, .top_p = 0.95f};
  }
  return requests;
}

Samples Generate(const Engine::Options& options, const std::vector<GenerationRequest>& requests) {
  Engine engine(options);
  EXPECT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
  for (const GenerationRequest& request : requests) EXPECT_TRUE(engine.Add(request).ok());
  return RunToEnd(engine);
}

class EngineBits : public testing::Test {
 protected:
  const Engine::Options wide_ = {.config = model::TinyConfig(), .max_sequences = 64};
  const Samples expected_ = Generate(wide_, Requests());
};

TEST_F(EngineBits, SamplesDifferInLengthAndContent) {
  ASSERT_EQ(expected_.size(), 64u);
  std::set<std::vector<int32_t>> responses;
  int stopped = 0;
  for (const auto& [key, sample] : expected_) {
    responses.insert(sample.tokens);
    stopped += sample.finish_reason == STOP;
  }
  EXPECT_GT(responses.size(), 50u);
  EXPECT_GT(stopped, 10);
  EXPECT_LT(stopped, 64);
}

TEST_F(EngineBits, EachSampleAloneIsTheSameAsInABatchOf64) {
  Samples alone;
  for (const GenerationRequest& request : Requests()) {
    for (auto& sample : Generate({.config = model::TinyConfig(), .max_sequences = 1}, {request}))
      alone.insert(std::move(sample));
  }
  ExpectSameSamples(expected_, alone);
}

TEST_F(EngineBits, OrderOfAdmissionChangesNothing) {
  std::vector<GenerationRequest> requests = Requests();
  std::reverse(requests.begin(), requests.end());
  Engine::Options narrow = wide_;
  narrow.max_sequences = 7;
  ExpectSameSamples(expected_, Generate(narrow, requests));
}

TEST_F(EngineBits, RowBudgetChangesNothing) {
  for (const int32_t rows : {65, 70, 97, 1000}) {
    Engine::Options options = wide_;
    options.rows_per_step = rows;
    ExpectSameSamples(expected_, Generate(options, Requests()));
  }
}

TEST_F(EngineBits, ScarceBlocksChangeNothing) {
  Engine::Options options = wide_;
  options.kv_blocks = 12;
  ExpectSameSamples(expected_, Generate(options, Requests()));
}

TEST_F(EngineBits, RequestsThatComeWhileOthersRunChangeNothing) {
  Engine engine(wide_);
  ASSERT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
  Samples samples;
  std::vector<FinishedSample> finished;
  for (const GenerationRequest& request : Requests()) {
    ASSERT_TRUE(engine.Add(request).ok());
    for (int i = 0; i < 3; ++i) engine.Step(finished);
  }
  while (engine.Step(finished)) {
  }
  Collect(finished, samples);
  ExpectSameSamples(expected_, samples);
}

TEST_F(EngineBits, AnotherKeyGivesOtherSamples) {
  std::vector<GenerationRequest> requests = Requests();
  for (GenerationRequest& request : requests) request.random_key += 1;
  int same = 0;
  for (const auto& [key, sample] : Generate(wide_, requests))
    same += sample.tokens == expected_.at(key).tokens;
  EXPECT_LT(same, 10);
}

TEST_F(EngineBits, TemperatureZeroIsGreedyWhateverTheKey) {
  std::vector<GenerationRequest> requests = Requests();
  for (GenerationRequest& request : requests) request.sampling.temperature = 0;
  const Samples greedy = Generate(wide_, requests);
  for (GenerationRequest& request : requests) request.random_key += 1;
  ExpectSameSamples(greedy, Generate(wide_, requests));
}

}  // namespace
}  // namespace gyre::engine

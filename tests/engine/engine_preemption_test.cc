// When the cache has no room for all that run, samples wait and begin again, and are what they
// would have been.
#include <algorithm>

#include "engine/engine.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

GenerationRequest LongRequest(uint64_t id, int32_t prompt_tokens, int32_t samples) {
  GenerationRequest request = TinyRequest(id, prompt_tokens, samples, /*max_response_tokens=*/50);
  if (id % 3 == 0) request.eos_ids.clear();
  return request;
}

std::vector<GenerationRequest> LongRequests() {
  std::vector<GenerationRequest> requests;
  const int32_t prompt_tokens[] = {1, 3, 16, 17, 40, 18, 33, 70};
  for (uint64_t id = 0; id < 12; ++id)
    requests.push_back(LongRequest(id, prompt_tokens[id % 8], static_cast<int32_t>(1 + id % 5)));
  return requests;
}

class EnginePreemption : public testing::Test {
 protected:
  struct Result {
    Samples samples;
    EngineCounters counters;
  };

  static Result Generate(int64_t kv_blocks, double kept_for_growth, int32_t rows_per_step = 0) {
    Engine engine({.config = model::TinyConfig(),
                   .max_sequences = 24,
                   .rows_per_step = rows_per_step,
                   .kv_blocks = kv_blocks,
                   .kept_for_growth = kept_for_growth});
    EXPECT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
    for (const GenerationRequest& request : LongRequests()) EXPECT_TRUE(engine.Add(request).ok());
    Result result;
    result.samples = RunToEnd(engine);
    result.counters = engine.counters();
    EXPECT_EQ(result.counters.kv_blocks_used, 0);
    EXPECT_EQ(result.counters.sequences_running + result.counters.sequences_waiting, 0);
    return result;
  }

  const Result roomy_ = Generate(/*kv_blocks=*/0, 0.5);
};

TEST_F(EnginePreemption, NothingIsPreemptedWhereThereIsRoom) {
  EXPECT_EQ(roomy_.counters.preemptions, 0u);
  EXPECT_EQ(roomy_.counters.recomputed_tokens, 0u);
}

TEST_F(EnginePreemption, SamplesThatBeginAgainAreTheSame) {
  uint64_t preemptions = 0;
  for (const int64_t blocks : {13, 14, 17, 23, 31, 47, 64}) {
    for (const double kept : {0.0, 0.3}) {
      const Result tight = Generate(blocks, kept);
      ExpectSameSamples(roomy_.samples, tight.samples);
      preemptions += tight.counters.preemptions;
      EXPECT_EQ(tight.counters.preemptions > 0, tight.counters.recomputed_tokens > 0);
      EXPECT_EQ(tight.counters.tokens_generated, roomy_.counters.tokens_generated)
          << "no token is drawn twice";
    }
  }
  EXPECT_GT(preemptions, 100u);
}

TEST_F(EnginePreemption, SmallRowBudgetsChangeNothing) {
  for (const int32_t rows : {25, 26, 33}) {
    const Result tight = Generate(/*kv_blocks=*/17, /*kept_for_growth=*/0.0, rows);
    ExpectSameSamples(roomy_.samples, tight.samples);
    EXPECT_GT(tight.counters.preemptions, 0u);
  }
}

TEST_F(EnginePreemption, WhoKeepsAllRoomForGrowthPreemptsNobody) {
  for (const int64_t blocks : {13, 17, 31, 64}) {
    const Result tight = Generate(blocks, /*kept_for_growth=*/1.0);
    ExpectSameSamples(roomy_.samples, tight.samples);
    EXPECT_EQ(tight.counters.preemptions, 0u) << blocks << " blocks";
  }
}

TEST_F(EnginePreemption, SamplesOfAGroupBorrowThePromptWhenTheyComeBack) {
  // 70 tokens: four full blocks, shared; each sample needs up to five of its own.
  const auto run = [](int64_t kv_blocks) {
    Engine engine({.config = model::TinyConfig(),
                   .max_sequences = 8,
                   .kv_blocks = kv_blocks,
                   .kept_for_growth = 0});
    EXPECT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
    EXPECT_TRUE(engine.Add(LongRequest(3, 70, 8)).ok());
    const Samples samples = RunToEnd(engine);
    return std::make_pair(samples, engine.counters());
  };
  const auto [expected, roomy] = run(0);
  const auto [samples, tight] = run(20);
  ExpectSameSamples(expected, samples);
  EXPECT_EQ(roomy.prefill_tokens_computed, 69u) << "the prompt once, but its last token";
  EXPECT_GT(tight.preemptions, 3u);
  EXPECT_EQ(tight.prefill_tokens_computed - tight.recomputed_tokens, 69u);
  EXPECT_LE(tight.recomputed_tokens, tight.preemptions * (5 + 50))
      << "none of them computes the shared part of the prompt again";
}

TEST_F(EnginePreemption, PreemptedSamplesCanBeCancelled) {
  Engine engine(
      {.config = model::TinyConfig(), .max_sequences = 24, .kv_blocks = 17, .kept_for_growth = 0});
  ASSERT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
  for (const GenerationRequest& request : LongRequests()) ASSERT_TRUE(engine.Add(request).ok());
  std::vector<FinishedSample> finished;
  Samples samples;
  while (engine.counters().preemptions < 20) ASSERT_TRUE(engine.Step(finished));
  for (const uint64_t id : {11, 9, 7, 5, 3}) engine.Cancel(id);
  while (engine.Step(finished)) {
  }
  Collect(finished, samples);
  Samples expected = roomy_.samples;
  std::erase_if(expected, [&](const auto& entry) { return !samples.contains(entry.first); });
  ExpectSameSamples(expected, samples);
  for (const uint64_t id : {0, 1, 2, 4, 6, 8, 10}) {
    for (int32_t sample = 0; sample < static_cast<int32_t>(1 + id % 5); ++sample)
      EXPECT_TRUE(samples.contains({id, sample})) << "request " << id;
  }
  EXPECT_EQ(engine.counters().kv_blocks_used, 0);
  EXPECT_EQ(engine.counters().sequences_waiting, 0);
}

TEST_F(EnginePreemption, TokensAfterASwapAreTheNewPolicysAndNoneBeforeChanges) {
  Engine engine(
      {.config = model::TinyConfig(), .max_sequences = 24, .kv_blocks = 17, .kept_for_growth = 0});
  const auto first = TinyPolicy(1);
  const auto second = TinyPolicy(2);
  ASSERT_TRUE(engine.InstallPolicy(first).ok());
  for (const GenerationRequest& request : LongRequests()) ASSERT_TRUE(engine.Add(request).ok());
  std::vector<FinishedSample> finished;
  Samples samples;
  while (engine.counters().preemptions < 20) ASSERT_TRUE(engine.Step(finished));
  ASSERT_TRUE(engine.InstallPolicy(second).ok());
  while (engine.Step(finished)) {
  }
  Collect(finished, samples);
  ASSERT_EQ(samples.size(), roomy_.samples.size());
  int swapped = 0;
  for (const auto& [key, sample] : samples) {
    const FinishedSample& unswapped = roomy_.samples.at(key);
    for (const SpanStart& span : sample.spans) {
      if (span.policy != second->identity) continue;
      swapped += span.first_token > 0;
      EXPECT_TRUE(std::equal(sample.tokens.begin(), sample.tokens.begin() + span.first_token,
                             unswapped.tokens.begin()));
    }
  }
  EXPECT_GT(swapped, 3);
}

}  // namespace
}  // namespace gyre::engine

// What the engine takes, refuses, frees and counts.
#include "engine/engine.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

class EngineRequests : public testing::Test {
 protected:
  EngineRequests() { EXPECT_TRUE(engine_.InstallPolicy(TinyPolicy(1)).ok()); }

  absl::StatusCode Add(const GenerationRequest& request) { return engine_.Add(request).code(); }
  void Steps(int count) {
    for (int i = 0; i < count; ++i) engine_.Step(finished_);
  }

  Engine engine_{{.config = model::TinyConfig(), .max_sequences = 8, .kv_blocks = 40}};
  std::vector<FinishedSample> finished_;
};

TEST_F(EngineRequests, SampleEndsWithTheEndTokenOrAtItsLimit) {
  for (uint64_t id = 0; id < 10; ++id) {
    ASSERT_EQ(Add(TinyRequest(id, 5, /*samples=*/4, /*max_response_tokens=*/12)),
              absl::StatusCode::kOk);
  }
  for (const auto& [key, sample] : RunToEnd(engine_)) {
    const size_t length = sample.tokens.size();
    ASSERT_EQ(sample.log_probs.size(), length);
    for (size_t i = 0; i < length; ++i) {
      const bool is_end = sample.tokens[i] == 1;
      EXPECT_EQ(is_end, sample.finish_reason == STOP && i + 1 == length);
      EXPECT_LT(sample.log_probs[i], 0);
    }
    EXPECT_EQ(sample.finish_reason, length == 12 && sample.tokens.back() != 1 ? LENGTH : STOP);
  }
}

TEST_F(EngineRequests, ImpossibleRequestsAreRefusedAndLeaveNothingBehind) {
  const GenerationRequest good = TinyRequest(1, 10, 2);
  const auto with = [&good](auto change) {
    GenerationRequest request = good;
    change(request);
    return request;
  };
  const absl::StatusCode invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(Add(with([](auto& r) { r.prompt.clear(); })), invalid);
  EXPECT_EQ(Add(with([](auto& r) { r.prompt[3] = 37; })), invalid);
  EXPECT_EQ(Add(with([](auto& r) { r.prompt[0] = -1; })), invalid);
  EXPECT_EQ(Add(with([](auto& r) { r.samples = 0; })), invalid);
  EXPECT_EQ(Add(with([](auto& r) { r.max_response_tokens = 0; })), invalid);
  EXPECT_EQ(Add(with([](auto& r) { r.max_response_tokens = 151; })), invalid);
  EXPECT_EQ(Add(with([](auto& r) { r.sampling.temperature = -1; })), invalid);
  EXPECT_EQ(Add(with([](auto& r) { r.sampling.temperature = std::nanf(""); })), invalid);
  EXPECT_EQ(Add(good), absl::StatusCode::kOk);
  EXPECT_EQ(Add(good), invalid) << "the id is in use";
}

TEST_F(EngineRequests, RequestLargerThanTheCacheIsRefused) {
  Engine small({.config = model::TinyConfig(), .max_sequences = 8, .kv_blocks = 4});
  ASSERT_TRUE(small.InstallPolicy(TinyPolicy(1)).ok());
  EXPECT_EQ(small.Add(TinyRequest(1, 30, 1, 40)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(small.Add(TinyRequest(1, 20, 1, 20)).ok());
}

TEST_F(EngineRequests, CacheOfOneSequenceHoldsTheLongestWhateverThePromptsLength) {
  weights::ModelConfig config = model::TinyConfig();
  for (const int64_t positions : {34, 100, 160}) {
    config.max_positions = positions;
    const auto policy = std::make_shared<const Policy>(
        Policy{{},
               model::PackedNetwork(model::RandomParameters(config, 1),
                                    kernels::Kernels(kernels::BestInstructionSet()))});
    Engine one({.config = config, .max_sequences = 1});
    ASSERT_TRUE(one.InstallPolicy(policy).ok());
    for (int32_t prompt = 1; prompt < positions; ++prompt) {
      const auto response = static_cast<int32_t>(positions) - prompt;
      ASSERT_TRUE(one.Add(TinyRequest(1, prompt, 1, response)).ok())
          << prompt << " of " << positions;
      EXPECT_TRUE(one.Cancel(1));
    }
  }
}

TEST_F(EngineRequests, NothingRunsWithoutAPolicy) {
  Engine empty({.config = model::TinyConfig()});
  EXPECT_EQ(empty.Add(TinyRequest(1, 10, 2)).code(), absl::StatusCode::kFailedPrecondition);
  GenerationRequest pinned = TinyRequest(1, 10, 2);
  pinned.pinned_policy = TinyPolicy(3);
  EXPECT_TRUE(empty.Add(pinned).ok());
  EXPECT_EQ(RunToEnd(empty).size(), 2u);
}

TEST_F(EngineRequests, CapacityIsNeverExceededAndAllOfItComesBack) {
  for (uint64_t id = 0; id < 30; ++id) {
    const auto prompt_tokens = static_cast<int32_t>(1 + id * 5);
    ASSERT_EQ(Add(TinyRequest(id, prompt_tokens, /*samples=*/11, /*max_response_tokens=*/14)),
              absl::StatusCode::kOk);
  }
  int32_t most_running = 0;
  while (engine_.Step(finished_)) {
    const EngineCounters counters = engine_.counters();
    ASSERT_LE(counters.kv_blocks_used, 40);
    ASSERT_LE(counters.sequences_running, 8);
    most_running = std::max(most_running, counters.sequences_running);
  }
  EXPECT_EQ(finished_.size(), 330u);
  EXPECT_EQ(most_running, 8);
  const EngineCounters counters = engine_.counters();
  EXPECT_EQ(counters.kv_blocks_used, 0);
  EXPECT_EQ(counters.sequences_waiting, 0);
}

TEST_F(EngineRequests, TokensAndRowsAreCounted) {
  ASSERT_EQ(Add(TinyRequest(1, 21, 3)), absl::StatusCode::kOk);
  Steps(2);
  std::vector<RequestProgress> progress;
  engine_.Progress(progress);
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_EQ(progress[0].request_id, 1u);
  EXPECT_EQ(progress[0].tokens, 3u) << "a step for the prompt, one for the first tokens";
  uint64_t tokens = 0;
  Samples samples = RunToEnd(engine_);
  Collect(finished_, samples);
  for (const auto& [key, sample] : samples) tokens += sample.tokens.size();
  EXPECT_EQ(engine_.counters().tokens_generated, tokens);
  EXPECT_EQ(engine_.counters().rows, tokens + 20)
      << "the prompt is computed once, but its last token";
  engine_.Progress(progress);
  EXPECT_TRUE(progress.empty());
}

TEST_F(EngineRequests, GroupSharesTheFullBlocksOfItsPrompt) {
  GenerationRequest request = TinyRequest(1, 40, 8, 20);
  request.eos_ids.clear();
  ASSERT_EQ(Add(request), absl::StatusCode::kOk);
  Steps(2);
  EXPECT_EQ(engine_.counters().sequences_running, 8);
  EXPECT_EQ(engine_.counters().kv_blocks_used, 2 + 8)
      << "39 positions: two full blocks, one copied";
}

TEST_F(EngineRequests, CancelFreesBlocksAtEveryStageOfARequest) {
  for (const int steps : {0, 1, 2, 3, 9}) {
    // Fourteen samples for eight places: some run, some wait, some may have ended.
    ASSERT_EQ(Add(TinyRequest(7, 33, 14, 25)), absl::StatusCode::kOk);
    Steps(steps);
    EXPECT_TRUE(engine_.Cancel(7));
    EXPECT_FALSE(engine_.Cancel(7));
    const EngineCounters counters = engine_.counters();
    EXPECT_EQ(counters.kv_blocks_used, 0) << "after " << steps << " steps";
    EXPECT_EQ(counters.sequences_running + counters.sequences_waiting, 0);
    EXPECT_FALSE(engine_.Step(finished_));
  }
}

TEST_F(EngineRequests, CancellingOneRequestLeavesTheOthersAsTheyAre) {
  Samples expected;
  {
    Engine alone({.config = model::TinyConfig()});
    ASSERT_TRUE(alone.InstallPolicy(TinyPolicy(1)).ok());
    ASSERT_TRUE(alone.Add(TinyRequest(2, 20, 5)).ok());
    expected = RunToEnd(alone);
  }
  ASSERT_EQ(Add(TinyRequest(1, 33, 3)), absl::StatusCode::kOk);
  ASSERT_EQ(Add(TinyRequest(2, 20, 5)), absl::StatusCode::kOk);
  Steps(4);
  EXPECT_TRUE(engine_.Cancel(1));
  Samples samples = RunToEnd(engine_);
  Collect(finished_, samples);
  std::erase_if(samples, [](const auto& entry) { return entry.first.first == 1; });
  ExpectSameSamples(expected, samples);
}

}  // namespace
}  // namespace gyre::engine

#include "engine/engine_driver.h"

#include <prometheus/registry.h>

#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

absl::Time Soon() { return absl::Now() + absl::Seconds(60); }

// All that comes out of a stream, and how it ends.
struct Outcome {
  std::map<int32_t, std::vector<int32_t>> tokens;  // by sample, as they came
  std::map<int32_t, FinishedSample> samples;
  absl::Status end;
};

Outcome Drain(GenerationStream& stream) {
  Outcome outcome;
  for (;;) {
    absl::StatusOr<GenerationEvent> event = stream.Next(Soon());
    if (!event.ok()) {
      outcome.end = event.status();
      return outcome;
    }
    if (const auto* token = std::get_if<NewToken>(&*event)) {
      EXPECT_FALSE(outcome.samples.contains(token->sample)) << "it has ended";
      outcome.tokens[token->sample].push_back(token->token);
    } else {
      FinishedSample& sample = std::get<FinishedSample>(*event);
      outcome.samples.emplace(sample.sample, std::move(sample));
    }
  }
}

// So many samples that none of the tests sees their end.
GenerationRequest Endless() {
  GenerationRequest request = TinyRequest(1, 5, 100'000, /*max_response_tokens=*/150);
  request.eos_ids.clear();
  return request;
}

class EngineDriverTest : public testing::Test {
 protected:
  EngineDriverTest() { EXPECT_TRUE(driver_.Install(TinyPolicy(1)).ok()); }

  EngineDriver driver_{{.config = model::TinyConfig(), .max_sequences = 8, .kv_blocks = 30}};
};

TEST_F(EngineDriverTest, StreamsOfManyThreadsCarryWhatTheEngineAloneDraws) {
  std::vector<std::thread> threads;
  std::vector<Outcome> outcomes(6);
  for (uint64_t i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      auto stream = driver_.Submit(TinyRequest(i, static_cast<int32_t>(3 + 7 * i), 3));
      ASSERT_TRUE(stream.ok());
      outcomes[i] = Drain(**stream);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (uint64_t i = 0; i < 6; ++i) {
    Engine engine({.config = model::TinyConfig()});
    ASSERT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
    ASSERT_TRUE(engine.Add(TinyRequest(i, static_cast<int32_t>(3 + 7 * i), 3)).ok());
    EXPECT_EQ(outcomes[i].end.code(), absl::StatusCode::kOutOfRange);
    for (const auto& [key, sample] : RunToEnd(engine)) {
      EXPECT_EQ(outcomes[i].tokens.at(key.second), sample.tokens);
      EXPECT_EQ(outcomes[i].samples.at(key.second).tokens, sample.tokens);
      EXPECT_TRUE(SameBits(outcomes[i].samples.at(key.second).log_probs, sample.log_probs));
    }
  }
}

// The value of a metric without labels.
double Value(const prometheus::Registry& registry, const std::string& name) {
  for (const prometheus::MetricFamily& family : registry.Collect()) {
    if (family.name != name) continue;
    const prometheus::ClientMetric& metric = family.metric.at(0);
    return family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                          : metric.gauge.value;
  }
  ADD_FAILURE() << "there is no " << name;
  return 0;
}

TEST(EngineDriverMetrics, CountWhatTheEngineDoesAndShowWhatIsInIt) {
  prometheus::Registry registry;
  EngineMetrics metrics(registry);
  EngineDriver driver({.config = model::TinyConfig(), .max_sequences = 8, .kv_blocks = 30},
                      &metrics);
  ASSERT_TRUE(driver.Install(TinyPolicy(1)).ok());
  auto endless = driver.Submit(Endless());
  ASSERT_TRUE(endless.ok());
  while (Value(registry, "gyre_tokens_generated_total") < 100) {
    ASSERT_TRUE((*endless)->Next(Soon()).ok());
  }
  EXPECT_GT(Value(registry, "gyre_sequences_running"), 0);
  EXPECT_GT(Value(registry, "gyre_sequences_waiting"), 0);
  EXPECT_GT(Value(registry, "gyre_kv_blocks_used_fraction"), 0);
  EXPECT_LE(Value(registry, "gyre_kv_blocks_used_fraction"), 1);
  EXPECT_GE(Value(registry, "gyre_prefill_tokens_total"), 4);
  EXPECT_GE(Value(registry, "gyre_preemptions_total"), 0);
  ASSERT_TRUE(driver.Cancel(**endless).ok());
  auto next = driver.Submit(TinyRequest(2, 5, 1));
  ASSERT_TRUE(next.ok());
  Drain(**next);
  driver.Close();
  EXPECT_EQ(Value(registry, "gyre_sequences_running"), 0);
  EXPECT_EQ(Value(registry, "gyre_sequences_waiting"), 0);
}

TEST_F(EngineDriverTest, RefusedRequestSaysWhyAndTheOthersGoOn) {
  auto good = driver_.Submit(TinyRequest(1, 5, 2));
  GenerationRequest bad = TinyRequest(2, 5, 2);
  bad.prompt[0] = 99;
  auto refused = driver_.Submit(bad);
  ASSERT_TRUE(good.ok() && refused.ok());
  EXPECT_EQ(Drain(**refused).end.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Drain(**good).samples.size(), 2u);
}

TEST_F(EngineDriverTest, CancelEndsAStreamAndTheOthersGoOn) {
  auto cancelled = driver_.Submit(Endless());
  auto other = driver_.Submit(TinyRequest(2, 5, 2));
  ASSERT_TRUE(cancelled.ok() && other.ok());
  ASSERT_TRUE((*cancelled)->Next(Soon()).ok());
  ASSERT_TRUE(driver_.Cancel(**cancelled).ok());
  EXPECT_EQ(Drain(**cancelled).end.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Drain(**other).samples.size(), 2u);
  EXPECT_TRUE(driver_.Cancel(**other).ok()) << "after its end it changes nothing";
}

TEST_F(EngineDriverTest, CloseEndsEveryStreamAndWaiters) {
  auto stream = driver_.Submit(Endless());
  ASSERT_TRUE(stream.ok());
  std::thread waiter(
      [&] { EXPECT_NE(Drain(**stream).end.code(), absl::StatusCode::kDeadlineExceeded); });
  driver_.Close();
  waiter.join();
  EXPECT_EQ(driver_.Submit(Endless()).status().code(), absl::StatusCode::kCancelled);
  driver_.Close();
}

TEST_F(EngineDriverTest, AStreamWithoutNewsSaysSoAtTheDeadline) {
  GenerationStream stream(1);
  EXPECT_EQ(stream.Next(absl::Now()).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(EngineDriverTest, PolicyOfAnotherShapeIsRefused) {
  weights::ModelConfig config = model::TinyConfig();
  config.num_layers = 2;
  EXPECT_EQ(driver_
                .Install(std::make_shared<const Policy>(
                    Policy{{},
                           model::PackedNetwork(model::RandomParameters(config, 1),
                                                kernels::Kernels(kernels::BestInstructionSet()))}))
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gyre::engine

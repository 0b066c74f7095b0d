// Policies swapped between steps, and requests that are pinned to one.
#include "engine/engine.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

GenerationRequest Endless(uint64_t id, int32_t samples) {
  GenerationRequest request = TinyRequest(id, 12, samples, /*max_response_tokens=*/30);
  request.eos_ids.clear();
  return request;
}

class EnginePolicies : public testing::Test {
 protected:
  EnginePolicies() { EXPECT_TRUE(engine_.InstallPolicy(first_).ok()); }

  Samples Alone(const GenerationRequest& request, const std::shared_ptr<const Policy>& policy) {
    Engine engine({.config = model::TinyConfig()});
    EXPECT_TRUE(engine.InstallPolicy(policy).ok());
    EXPECT_TRUE(engine.Add(request).ok());
    return RunToEnd(engine);
  }

  const std::shared_ptr<const Policy> first_ = TinyPolicy(1);
  const std::shared_ptr<const Policy> second_ = TinyPolicy(2);
  Engine engine_{{.config = model::TinyConfig(), .max_sequences = 16}};
  std::vector<FinishedSample> finished_;
};

TEST_F(EnginePolicies, SequencesInFlightGoOnWithANewSpanAfterASwap) {
  ASSERT_TRUE(engine_.Add(Endless(1, 3)).ok());
  for (int i = 0; i < 8; ++i) engine_.Step(finished_);  // one for the prompt, seven tokens
  ASSERT_TRUE(engine_.InstallPolicy(second_).ok());
  const Samples before = Alone(Endless(1, 3), first_);
  for (const auto& [key, sample] : RunToEnd(engine_)) {
    ASSERT_EQ(sample.spans.size(), 2u);
    EXPECT_EQ(sample.spans[0].policy, first_->identity);
    EXPECT_EQ(sample.spans[0].first_token, 0);
    EXPECT_EQ(sample.spans[1].policy, second_->identity);
    EXPECT_EQ(sample.spans[1].first_token, 7);
    const std::vector<int32_t>& unswapped = before.at(key).tokens;
    EXPECT_TRUE(std::equal(unswapped.begin(), unswapped.begin() + 7, sample.tokens.begin()));
    EXPECT_NE(unswapped, sample.tokens);
  }
}

TEST_F(EnginePolicies, InstallingThePolicyThatIsThereBeginsNoSpan) {
  ASSERT_TRUE(engine_.Add(Endless(1, 1)).ok());
  for (int i = 0; i < 8; ++i) engine_.Step(finished_);
  ASSERT_TRUE(engine_.InstallPolicy(TinyPolicy(1)).ok());
  for (const auto& [key, sample] : RunToEnd(engine_)) EXPECT_EQ(sample.spans.size(), 1u);
}

// Their tokens are drawn under the new policy over keys and values of the old one, so they are not
// the new policy's own.
TEST_F(EnginePolicies, SamplesThatForkAfterASwapNameThePolicyOfTheirPrompt) {
  ASSERT_TRUE(engine_.Add(Endless(1, 20)).ok());  // sixteen run, four start when they are through
  engine_.Step(finished_);
  ASSERT_TRUE(engine_.InstallPolicy(second_).ok());
  const Samples samples = RunToEnd(engine_);
  ASSERT_EQ(samples.size(), 20u);
  for (const auto& [key, sample] : samples) {
    ASSERT_EQ(sample.spans.size(), 2u) << "sample " << key.second;
    EXPECT_EQ(sample.spans[0].policy, first_->identity);
    EXPECT_EQ(sample.spans[1].policy, second_->identity);
    EXPECT_EQ(sample.spans[0].first_token, 0);
    EXPECT_EQ(sample.spans[1].first_token, 0) << "no token was drawn under the first one";
  }
}

TEST_F(EnginePolicies, PromptThatIsComputedAfterASwapIsTheNewPolicys) {
  ASSERT_TRUE(engine_.Add(Endless(1, 3)).ok());
  ASSERT_TRUE(engine_.InstallPolicy(second_).ok());
  for (const auto& [key, sample] : RunToEnd(engine_)) {
    ASSERT_EQ(sample.spans.size(), 1u);
    EXPECT_EQ(sample.spans[0].policy, second_->identity);
  }
}

TEST_F(EnginePolicies, PinnedRequestsAreNeverSwappedAndRunBesideTheOthers) {
  GenerationRequest pinned = Endless(1, 3);
  pinned.pinned_policy = first_;
  ASSERT_TRUE(engine_.Add(pinned).ok());
  for (int i = 0; i < 8; ++i) engine_.Step(finished_);
  ASSERT_TRUE(engine_.InstallPolicy(second_).ok());
  ASSERT_TRUE(engine_.Add(Endless(2, 3)).ok());
  engine_.Step(finished_);
  engine_.Step(finished_);
  EXPECT_EQ(engine_.counters().sequences_running, 6) << "both requests run at the same time";

  const Samples samples = RunToEnd(engine_);
  Samples expected = Alone(Endless(1, 3), first_);
  expected.merge(Alone(Endless(2, 3), second_));
  ExpectSameSamples(expected, samples);
  for (const auto& [key, sample] : samples) {
    ASSERT_EQ(sample.spans.size(), 1u);
    EXPECT_EQ(sample.spans[0].policy, (key.first == 1 ? first_ : second_)->identity);
  }
}

TEST_F(EnginePolicies, PolicyIsHeldAsLongAsSomethingRunsUnderIt) {
  std::weak_ptr<const Policy> observed;
  {
    GenerationRequest pinned = Endless(1, 2);
    pinned.pinned_policy = TinyPolicy(5);
    observed = pinned.pinned_policy;
    ASSERT_TRUE(engine_.Add(std::move(pinned)).ok());
  }
  engine_.Step(finished_);
  EXPECT_FALSE(observed.expired());
  RunToEnd(engine_);
  EXPECT_TRUE(observed.expired());
}

TEST_F(EnginePolicies, PolicyOfAnotherShapeIsRefused) {
  weights::ModelConfig config = model::TinyConfig();
  config.num_layers = 2;
  const auto other = std::make_shared<const Policy>(
      Policy{{},
             model::PackedNetwork(model::RandomParameters(config, 1),
                                  kernels::Kernels(kernels::BestInstructionSet()))});
  EXPECT_EQ(engine_.InstallPolicy(other).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine_.current_policy(), first_.get());
  GenerationRequest pinned = Endless(1, 2);
  pinned.pinned_policy = other;
  EXPECT_EQ(engine_.Add(pinned).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gyre::engine

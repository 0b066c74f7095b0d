// The life of a group at an actor when all goes well.
#include <bit>

#include "gmock/gmock.h"
#include "model/probe.h"
#include "tests/actor/actor_stage.h"
#include "text/load_tokenizer.h"

namespace gyre::actor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class ActorGroups : public ActorStage {};

TEST_F(ActorGroups, GroupIsMadeScoredAndHandedIn) {
  Offer(MakeLease(7));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1));
  const Submission group = Of(7);
  EXPECT_EQ(group.header.group().slot(), 7u);
  EXPECT_EQ(group.header.sampling().samples(), 4u);
  EXPECT_EQ(group.header.probe_difference(), 0);
  const auto tokenizer = *text::TokenizerFromFiles(text::CountdownTokenizerFiles());
  const std::vector<int32_t> prompt(group.header.prompt_token_ids().begin(),
                                    group.header.prompt_token_ids().end());
  EXPECT_EQ(prompt, *tokenizer->Encode("<bos>5 7 6=37:"));

  const model::PackedNetwork network = policies_.Network(1);
  model::ForwardScratch scratch;
  ASSERT_EQ(group.samples.size(), 4u);
  for (uint32_t i = 0; i < 4; ++i) {
    const Sample& sample = group.samples[i];
    EXPECT_EQ(sample.index(), i);
    ASSERT_EQ(sample.spans_size(), 1);
    const Span& span = sample.spans(0);
    EXPECT_EQ(span.origin(), Span::POLICY);
    EXPECT_EQ(span.policy().root_digest(), policies_.Manifest(1).id().root_digest());
    EXPECT_EQ(sample.text(), tokenizer->Decode({span.token_ids().data(),
                                                static_cast<size_t>(span.token_ids_size())}));
    ASSERT_EQ(sample.outcome().components_size(), 2);
    EXPECT_EQ(sample.outcome().components(1).component(), "format");
    EXPECT_EQ(sample.outcome().components(1).value(), FakeRewarder::ValueOf(sample.text()));
    EXPECT_EQ(sample.outcome().components(1).rule(), "problem-7");
    // Each log-prob has the bits of a forward pass of its own.
    std::vector<int32_t> tokens = prompt;
    tokens.insert(tokens.end(), span.token_ids().begin(), span.token_ids().end());
    const std::vector<float> expected = *model::ScoreSequence(network, tokens, 1, scratch);
    for (int t = 0; t < span.log_probs_size(); ++t) {
      EXPECT_EQ(std::bit_cast<uint32_t>(span.log_probs(t)),
                std::bit_cast<uint32_t>(expected[prompt.size() - 1 + static_cast<size_t>(t)]));
    }
    const bool stopped = span.token_ids(span.token_ids_size() - 1) == 2;
    EXPECT_EQ(sample.finish_reason(), stopped ? STOP : LENGTH);
    if (!stopped) {
      EXPECT_EQ(span.token_ids_size(), 60);
    }
  }
}

TEST_F(ActorGroups, SameGroupHasTheSameTokensOnEveryActor) {
  for (uint64_t id = 1; id <= 6; ++id) Offer(MakeLease(id));
  Start();
  ASSERT_TRUE(WaitForSubmissions(6));
  ASSERT_TRUE(Stop().ok());
  const auto first = coordinator_.Look().submissions;
  coordinator_.Change([](auto& state) { state.submissions.clear(); });
  // Other leases of the same groups, in another order, on an actor that takes three samples at
  // once.
  for (uint64_t id = 6; id >= 1; --id) {
    Lease lease = MakeLease(id);
    lease.set_lease_id(100 + id);
    Offer(lease);
  }
  Start(/*max_sequences=*/3);
  ASSERT_TRUE(WaitForSubmissions(6));
  for (const Submission& group : first) {
    EXPECT_EQ(TokensOf(group), TokensOf(Of(100 + group.header.lease_id())));
  }
  EXPECT_NE(TokensOf(first[0]), TokensOf(first[1]));
}

TEST_F(ActorGroups, AnotherAttemptHasOtherTokens) {
  Lease again = MakeLease(2);
  again.mutable_group()->set_slot(1);
  again.mutable_group()->set_attempt(1);
  Offer(MakeLease(1));
  Offer(again);
  Start();
  ASSERT_TRUE(WaitForSubmissions(2));
  EXPECT_NE(TokensOf(Of(1)), TokensOf(Of(2)));
}

TEST_F(ActorGroups, EvaluationStaysAtItsPolicyWhileTrainingUsesTheNewest) {
  coordinator_.Change([&](auto& state) { state.newest = policies_.Manifest(2).id(); });
  Offer(MakeLease(1, /*version=*/2, TRAIN));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1));
  Offer(MakeLease(2, /*version=*/1, EVAL));
  Offer(MakeLease(3, /*version=*/2, TRAIN));
  ASSERT_TRUE(WaitForSubmissions(3));
  for (const auto& [lease, version] : std::map<uint64_t, int64_t>{{1, 2}, {2, 1}, {3, 2}}) {
    for (const Sample& sample : Of(lease).samples) {
      ASSERT_EQ(sample.spans_size(), 1);
      EXPECT_EQ(sample.spans(0).policy().version(), version);
    }
  }
}

TEST_F(ActorGroups, NewestPolicyIsFetchedAheadOfNeed) {
  coordinator_.Change([&](auto& state) { state.newest = policies_.Manifest(2).id(); });
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) {
    return state.last_heartbeat.policy_bytes() > 0 && state.last_heartbeat.waits_size() > 0;
  }));
  Offer(MakeLease(1, /*version=*/2));
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(policies_.fetches, 1);
}

TEST_F(ActorGroups, GroupLargerThanTheActorIsMadeInParts) {
  Offer(MakeLease(1, 1, TRAIN, /*samples=*/20));
  Start(/*max_sequences=*/6);
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(Of(1).samples.size(), 20u);
}

TEST_F(ActorGroups, HeartbeatsTellProgressAndWaits) {
  rewarder_.Close();
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  // The engine's counters are told at intervals, after samples are handed on: a beat may lack them
  ASSERT_TRUE(coordinator_.WaitFor(
      [](const auto& state) { return state.last_heartbeat.tokens_generated() > 3u; }));
  const HeartbeatRequest heartbeat = coordinator_.Look().last_heartbeat;
  ASSERT_EQ(heartbeat.leases_size(), 1);
  EXPECT_GT(heartbeat.leases(0).tokens(), 3u);
  EXPECT_EQ(heartbeat.leases(0).outcomes(), 0u);
  std::vector<std::string> waits;
  for (const Wait& wait : heartbeat.waits()) waits.push_back(wait.what());
  EXPECT_THAT(waits, Contains("a rewarder"));
  EXPECT_THAT(waits, Contains("a lease"));
  rewarder_.Open();
  EXPECT_TRUE(WaitForSubmissions(1));
}

TEST_F(ActorGroups, NoMoreIsLeasedThanCanBeHandedIn) {
  rewarder_.Close();
  for (uint64_t id = 1; id <= 12; ++id) Offer(MakeLease(id));
  Start(/*max_sequences=*/8);
  // Four groups of four samples: twice what is decoded together.
  ASSERT_TRUE(coordinator_.WaitFor(
      [](const auto& state) { return state.last_heartbeat.leases_size() == 4; }));
  ASSERT_TRUE(WaitUntilMade(4));
  EXPECT_EQ(coordinator_.Look().open.size(), 8u);
  rewarder_.Open();
  EXPECT_TRUE(WaitForSubmissions(12));
}

TEST_F(ActorGroups, FinishedRunEndsTheActor) {
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.heartbeats > 0; }));
  coordinator_.Change([](auto& state) { state.finished = true; });
  EXPECT_TRUE(Join().ok());
  EXPECT_THAT(coordinator_.Look().farewells, ElementsAre(HasSubstr("complete")));
}

TEST_F(ActorGroups, StoppedActorGivesItsLeasesBackAndLeaves) {
  rewarder_.Close();
  Offer(MakeLease(1));
  Offer(MakeLease(2));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  ASSERT_TRUE(WaitUntilMade(2));
  EXPECT_TRUE(Stop().ok());
  const auto state = coordinator_.Look();
  EXPECT_THAT(state.returned,
              ElementsAre(testing::Pair(1, "draining"), testing::Pair(2, "draining")));
  EXPECT_THAT(state.farewells, ElementsAre("draining"));
  EXPECT_TRUE(state.submissions.empty());
}

}  // namespace
}  // namespace gyre::actor

#include "actor/group_table.h"

#include "gmock/gmock.h"

namespace gyre::actor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class GroupTableTest : public testing::Test {
 protected:
  static Lease MakeLease(uint64_t id, uint32_t samples = 3) {
    Lease lease;
    lease.set_lease_id(id);
    lease.mutable_group()->set_slot(id * 10);
    lease.mutable_sampling()->set_samples(samples);
    lease.add_components("accuracy");
    return lease;
  }
  // As far as decoding.
  void Begin(uint64_t id, uint32_t samples = 3) {
    ASSERT_TRUE(table_.Add(MakeLease(id, samples), policy_).ok());
    ASSERT_EQ(table_.TakeAwaiting(policy_).size(), 1u);
    table_.SetPrompt(id, {1, 2, 3}, 0.5f, nullptr);
  }
  void Finish(uint64_t id, int32_t sample, int32_t tokens = 4) {
    engine::FinishedSample finished;
    finished.request_id = id;
    finished.sample = sample;
    finished.tokens.assign(static_cast<size_t>(tokens), 9);
    finished.log_probs.assign(static_cast<size_t>(tokens), -1);
    finished.spans = {{policy_, 0}};
    finished.finish_reason = STOP;
    table_.AddFinished(std::move(finished));
  }
  std::vector<uint32_t> TakeToScore() {
    const auto task = table_.TakeScoreTask({}, absl::InfinitePast());
    std::vector<uint32_t> indices;
    if (!task.ok()) return indices;
    for (const auto& response : task->responses) indices.push_back(response.index);
    return indices;
  }
  void Score(uint64_t id, const std::vector<uint32_t>& indices) {
    std::vector<ScoredResponse> scored;
    for (const uint32_t index : indices) {
      scored.push_back({.index = index, .text = "text", .outcome = {}});
    }
    table_.AddOutcomes(id, std::move(scored));
  }

  const engine::PolicyIdentity policy_{.version = 3, .root_digest = {}};
  GroupTable table_{{.max_sequences = 10, .score_delay = absl::Hours(1)}};
};

TEST_F(GroupTableTest, SamplesWaitForOthersOfTheirGroupBeforeTheyAreScored) {
  Begin(1);
  Finish(1, 0);
  Finish(1, 2);
  EXPECT_THAT(TakeToScore(), IsEmpty()) << "the third may still come";
  Finish(1, 1);
  EXPECT_THAT(TakeToScore(), ElementsAre(0, 1, 2));
  EXPECT_THAT(TakeToScore(), IsEmpty()) << "they are being scored";
}

TEST_F(GroupTableTest, SamplesThatHaveWaitedLongEnoughAreScoredWhileOthersDecode) {
  GroupTable prompt_table({.max_sequences = 10, .score_delay = absl::Milliseconds(1)});
  ASSERT_TRUE(prompt_table.Add(MakeLease(1), policy_).ok());
  prompt_table.TakeAwaiting(policy_);
  engine::FinishedSample finished;
  finished.request_id = 1;
  finished.sample = 1;
  prompt_table.AddFinished(std::move(finished));
  const auto task = prompt_table.TakeScoreTask({}, absl::Now() + absl::Seconds(20));
  ASSERT_TRUE(task.ok());
  EXPECT_EQ(task->responses.size(), 1u);
}

TEST_F(GroupTableTest, GroupLeavesOnceAllItsSamplesAreScored) {
  Begin(1);
  for (const int32_t sample : {2, 0, 1}) Finish(1, sample);
  ASSERT_THAT(TakeToScore(), ElementsAre(0, 1, 2));
  Score(1, {0, 2});
  EXPECT_FALSE(table_.TakeOutgoing({}, absl::InfinitePast()).ok());
  Score(1, {1});
  const auto group = table_.TakeOutgoing({}, absl::InfinitePast());
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(group->lease.lease_id(), 1u);
  EXPECT_THAT(group->prompt, ElementsAre(1, 2, 3));
  ASSERT_EQ(group->samples.size(), 3u);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(group->samples[i].index(), i);
  EXPECT_FALSE(table_.TakeOutgoing({}, absl::InfinitePast()).ok()) << "once";
  EXPECT_TRUE(table_.Holds(1)) << "until it has been handed in";
  table_.Remove(1);
  EXPECT_FALSE(table_.Holds(1));
}

TEST_F(GroupTableTest, RoomCountsWhatIsNotDecodedAndWhatIsNotHandedIn) {
  EXPECT_EQ(table_.FreeSequences(), 10u);
  Begin(1, 8);
  EXPECT_EQ(table_.FreeSequences(), 2u);
  for (int32_t i = 0; i < 8; ++i) Finish(1, i);
  EXPECT_EQ(table_.FreeSequences(), 10u);
  Begin(2, 8);
  for (int32_t i = 0; i < 8; ++i) Finish(2, i);
  EXPECT_EQ(table_.FreeSequences(), 4u) << "of twenty that may be held";
  table_.Remove(1);
  EXPECT_EQ(table_.FreeSequences(), 10u);
}

TEST_F(GroupTableTest, LostLeasesAreForgottenButNotThoseThatAreLeaving) {
  Begin(1, 1);
  Begin(2, 1);
  Finish(2, 0);
  ASSERT_THAT(TakeToScore(), ElementsAre(0));
  Score(2, {0});
  EXPECT_THAT(table_.Lose({1, 2, 77}), ElementsAre(1));
  EXPECT_TRUE(table_.TakeOutgoing({}, absl::InfinitePast()).ok());
  // What still comes of the lost one is ignored.
  Finish(1, 0);
  Score(1, {0});
  EXPECT_EQ(table_.NumGroups(), 1u);
}

TEST_F(GroupTableTest, ProgressIsTheEnginesAndNeverFalls) {
  Begin(1);
  table_.SetProgress({{.request_id = 1, .tokens = 20}, {.request_id = 5, .tokens = 3}});
  table_.SetProgress({{.request_id = 1, .tokens = 11}});
  Finish(1, 0);
  auto progress = table_.Progress();
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_EQ(progress[0].tokens(), 20u);
  EXPECT_TRUE(progress[0].waiting_for_rewarder());
  Finish(1, 1, 30);
  EXPECT_EQ(table_.Progress()[0].tokens(), 34u);
  Finish(1, 2);
  Score(1, {0, 1, 2});
  EXPECT_EQ(table_.Progress()[0].outcomes(), 3u);
  EXPECT_FALSE(table_.Progress()[0].waiting_for_rewarder());
}

TEST_F(GroupTableTest, GroupsAreStartedOnceTheirPolicyIsThere) {
  const engine::PolicyIdentity other{.version = 4, .root_digest = {}};
  ASSERT_TRUE(table_.Add(MakeLease(1), policy_).ok());
  ASSERT_TRUE(table_.Add(MakeLease(2), other).ok());
  EXPECT_EQ(table_.Add(MakeLease(2), other).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(table_.AnyAwaits(other));
  const auto taken = table_.TakeAwaiting(other);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].lease_id(), 2u);
  EXPECT_FALSE(table_.AnyAwaits(other));
  EXPECT_THAT(table_.TakeAwaiting(other), IsEmpty());
  EXPECT_THAT(table_.PoliciesInUse(), ElementsAre(policy_, other));
}

TEST_F(GroupTableTest, GroupThatCannotBeMadeLeavesWithTheReason) {
  Begin(1);
  table_.GiveBack(1, "the prompt is too long");
  const auto group = table_.TakeOutgoing({}, absl::InfinitePast());
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(group->give_back_reason, "the prompt is too long");
}

TEST_F(GroupTableTest, WaitersReturnWhenAStopIsRequested) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(
      absl::IsCancelled(table_.TakeScoreTask(stop.get_token(), absl::InfiniteFuture()).status()));
  EXPECT_TRUE(
      absl::IsCancelled(table_.TakeOutgoing(stop.get_token(), absl::InfiniteFuture()).status()));
}

}  // namespace
}  // namespace gyre::actor

#include "actor/group_table.h"

#include "base/worker_thread.h"
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
    lease.mutable_sampling()->set_max_response_tokens(32);
    lease.mutable_problem()->set_id("p");
    lease.add_components("accuracy");
    return lease;
  }
  GroupTableTest() { table_.SetCacheBlocks(1000); }

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

TEST_F(GroupTableTest, OneGroupIsHeldUntilTheCacheIsKnown) {
  GroupTable table({.max_sequences = 10});
  EXPECT_TRUE(table.WaitForRoom(1, {}, absl::InfinitePast())) << "none is held";
  EXPECT_EQ(table.FreeSequences(), 0u);
  ASSERT_TRUE(table.Add(MakeLease(1), policy_).ok());
  EXPECT_FALSE(table.WaitForRoom(1, {}, absl::InfinitePast()));
  table.SetCacheBlocks(1000);
  EXPECT_FALSE(table.WaitForRoom(1, {}, absl::InfinitePast()))
      << "how long prompts are is not known";
  table.SetPrompt(1, {1, 2}, 0, nullptr);
  EXPECT_TRUE(table.WaitForRoom(7, {}, absl::InfinitePast()));
  EXPECT_FALSE(table.WaitForRoom(8, {}, absl::InfinitePast()));
}

TEST_F(GroupTableTest, NoMoreIsLeasedThanTheCacheHolds) {
  // A sample takes at most three blocks: 32 tokens, which begin within a block. The prompt has one.
  table_.SetCacheBlocks(20);
  Begin(1, 3);
  EXPECT_EQ(table_.FreeSequences(), 3u) << "20 − 1 − 3·3 are left, one for the next prompt";
  EXPECT_TRUE(table_.WaitForRoom(3, {}, absl::InfinitePast()));
  EXPECT_FALSE(table_.WaitForRoom(4, {}, absl::InfinitePast()));
  EXPECT_FALSE(table_.WaitForRoom(100, {}, absl::InfinitePast())) << "six would fit, were it empty";
  for (int32_t i = 0; i < 3; ++i) Finish(1, i);
  EXPECT_EQ(table_.FreeSequences(), 6u);
  EXPECT_TRUE(table_.WaitForRoom(100, {}, absl::InfinitePast())) << "it will run in parts";
}

// One answer of the coordinator may hold several groups.
TEST(SamplesThatFit, EachGroupHasAPromptOfItsOwn) {
  const GroupShape shape = {.samples = 8, .prompt_tokens = 2000, .response_tokens = 16};
  ASSERT_EQ(shape.GroupBlocks(), 125 + 8 * 2);
  EXPECT_EQ(SamplesThatFit(shape, 1000), 7 * 8) << "13 blocks are left, less than a prompt";
  EXPECT_EQ(SamplesThatFit(shape, 141 + 125 + 5), 8 + 2);
  EXPECT_EQ(SamplesThatFit(shape, 141 + 120), 8);
  EXPECT_EQ(SamplesThatFit(shape, 0), 0);
  EXPECT_EQ(SamplesThatFit(shape, -5), 0);
}

TEST_F(GroupTableTest, RoomCountsWhatIsNotDecodedAndWhatIsNotHandedIn) {
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
  table_.Return(1, absl::InvalidArgumentError("the prompt is too long"));
  const auto group = table_.TakeOutgoing({}, absl::InfinitePast());
  ASSERT_TRUE(group.ok());
  ASSERT_TRUE(group->return_reason.has_value());
  EXPECT_EQ(group->return_reason->text, "problem p: the prompt is too long");
  EXPECT_TRUE(group->return_reason->cannot_be_made);
  table_.Return(1, absl::InvalidArgumentError("once more"));
  EXPECT_FALSE(table_.TakeOutgoing({}, absl::InfinitePast()).ok()) << "it leaves once";
}

TEST_F(GroupTableTest, OnlyWhatWouldComeAgainMeansThatAGroupCannotBeMade) {
  const Problem problem = MakeLease(1).problem();
  EXPECT_TRUE(ReturnReason::Of(problem, absl::InvalidArgumentError("")).cannot_be_made);
  EXPECT_TRUE(ReturnReason::Of(problem, absl::ResourceExhaustedError("")).cannot_be_made);
  EXPECT_FALSE(ReturnReason::Of(problem, absl::NotFoundError("")).cannot_be_made);
  EXPECT_FALSE(ReturnReason::Of(problem, absl::CancelledError("")).cannot_be_made);
  EXPECT_FALSE(ReturnReason::Of(problem, absl::DeadlineExceededError("")).cannot_be_made);
}

TEST_F(GroupTableTest, CallsForAGroupThatIsHeldNoMoreAreWantedNoMore) {
  Begin(1, 1);
  Finish(1, 0);
  const auto lost = table_.TakeScoreTask({}, absl::InfinitePast());
  ASSERT_TRUE(lost.ok());
  EXPECT_FALSE(lost->unwanted.stop_requested());
  table_.Lose({1});
  EXPECT_TRUE(lost->unwanted.stop_requested());
  Begin(2, 1);
  Finish(2, 0);
  const auto returned = table_.TakeScoreTask({}, absl::InfinitePast());
  ASSERT_TRUE(returned.ok());
  table_.Return(2, absl::InvalidArgumentError("no such kind"));
  EXPECT_TRUE(returned->unwanted.stop_requested());
}

TEST_F(GroupTableTest, ScoreTaskIsBoundedByResponsesAndByTokens) {
  GroupTable table({.max_sequences = 10, .responses_per_score = 3, .tokens_per_score = 10});
  ASSERT_TRUE(table.Add(MakeLease(1, 6), policy_).ok());
  table.TakeAwaiting(policy_);
  const std::vector<size_t> lengths = {1, 1, 1, 6, 5, 99};
  for (size_t i = 0; i < lengths.size(); ++i) {
    engine::FinishedSample finished;
    finished.request_id = 1;
    finished.sample = static_cast<int32_t>(i);
    finished.tokens.assign(lengths[i], 9);
    finished.log_probs.assign(lengths[i], -1);
    finished.spans = {{policy_, 0}};
    table.AddFinished(std::move(finished));
  }
  std::vector<size_t> sizes;
  for (auto task = table.TakeScoreTask({}, absl::InfinitePast()); task.ok();
       task = table.TakeScoreTask({}, absl::InfinitePast())) {
    sizes.push_back(task->responses.size());
  }
  EXPECT_THAT(sizes, ElementsAre(3, 1, 1, 1)) << "6 + 5 tokens are too many, 99 go alone";
}

// One thread takes what it may into a long call; the rest must not wait for it.
TEST_F(GroupTableTest, SeveralThreadsScoreOneLargeGroup) {
  GroupTable table(
      {.max_sequences = 1000, .score_delay = absl::Hours(1), .responses_per_score = 2});
  base::Mutex mutex;
  base::CondVar changed;
  int taken = 0;
  int round = 0;
  const auto work = [&](std::stop_token own) {
    while (!own.stop_requested()) {
      if (!table.TakeScoreTask(own, absl::InfiniteFuture()).ok()) return;
      base::MutexLock lock(mutex);
      const int present = round;
      ++taken;
      changed.NotifyAll();
      // The call: it ends when the others have theirs.
      changed.WaitUntil(mutex, own, absl::InfiniteFuture(), [&] { return round > present; });
    }
  };
  base::WorkerThread first("score-1", work);
  base::WorkerThread second("score-2", work);
  base::WorkerThread third("score-3", work);
  for (uint64_t id = 1; id <= 50; ++id) {
    ASSERT_TRUE(table.Add(MakeLease(id, 6), policy_).ok());
    table.TakeAwaiting(policy_);
    for (int32_t sample = 0; sample < 6; ++sample) {
      engine::FinishedSample finished;
      finished.request_id = id;
      finished.sample = sample;
      table.AddFinished(std::move(finished));
    }
    base::MutexLock lock(mutex);
    ASSERT_TRUE(
        changed.WaitUntil(mutex, absl::Now() + absl::Seconds(20), [&] { return taken == 3; }))
        << taken << " of 3 threads have a task of group " << id;
    taken = 0;
    ++round;
    changed.NotifyAll();
  }
  for (base::WorkerThread* thread : {&first, &second, &third}) thread->RequestStop();
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

// Each rule of the record can be broken, and says so.
#include "tests/coordinator/simulation/durable_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/coordinator/simulation/small_run.h"

namespace gyre::coordinator::simulation {
namespace {

using testing::HasSubstr;
using Rows = std::vector<LedgerRow>;

PolicyRow Published(int64_t version) {
  PolicyRow row{.key = PolicyOf(version)};
  *row.manifest.mutable_id() = ToProto(row.key);
  return row;
}

GroupRow Ready(const GroupKey& key, int64_t version = 0) {
  return {.key = key, .policies = {PolicyOf(version)}};
}

GroupRow Dropped(const GroupKey& key, const std::string& reason = "unscored") {
  return {
      .key = key, .state = GroupState::kDropped, .drop_reason = reason, .policies = {PolicyOf(0)}};
}

GroupStateRow State(const GroupKey& key, GroupState state, int64_t step_version = 0) {
  return {.key = key, .state = state, .step_version = step_version};
}

EvaluationRow Evaluation(uint32_t index, int64_t version = 0) {
  EvaluationRow row{.index = index};
  row.result.set_version(version);
  return row;
}

// A run that has begun, with its first evaluation.
const Rows kBegun = {RunRow{.epoch = 1},
                     StageRow{},
                     Published(0),
                     Ready(EvalGroupOf(0)),
                     State(EvalGroupOf(0), GroupState::kEvaluated),
                     Evaluation(0)};
// Its first step's groups, and the step.
const Rows kAssigned = {Ready(TrainGroupOf(0)), Ready(TrainGroupOf(1)),
                        State(TrainGroupOf(0), GroupState::kAssigned, 1),
                        State(TrainGroupOf(1), GroupState::kAssigned, 1)};
const Rows kConsumed = {State(TrainGroupOf(0), GroupState::kConsumed, 1),
                        State(TrainGroupOf(1), GroupState::kConsumed, 1)};
const Rows kStep = {StepRow{.version = 1, .policy_digest = PolicyOf(1).root_digest}, Published(1)};

class DurableRecordTest : public testing::Test {
 protected:
  void Holds(const std::vector<Rows>& transactions) {
    for (const Rows& rows : transactions) record_.Apply(rows);
    ASSERT_EQ(world_.violation, "");
  }
  void Breaks(const Rows& rows, const std::string& words) {
    record_.Apply(rows);
    EXPECT_THAT(world_.violation, HasSubstr(words));
  }

  World world_{SmallRun(), NoFaults(), 0, EventLog::Keep::kNothing};
  DurableRecord record_{world_};
};

TEST_F(DurableRecordTest, AWholeStepHolds) {
  Holds({kBegun, kAssigned, kConsumed, kStep});
  EXPECT_EQ(record_.committed(), 1);
  EXPECT_EQ(record_.MembersOf(1).size(), 2u);
  EXPECT_EQ(record_.EvaluationsOf(0), 1u);
}

TEST_F(DurableRecordTest, EpochsDoNotGoBack) {
  Holds({{RunRow{.epoch = 2}}});
  Breaks({RunRow{.epoch = 1}}, "goes back");
}

TEST_F(DurableRecordTest, AGroupIsAcceptedOnce) {
  Holds({kBegun, {Ready(TrainGroupOf(0))}});
  Breaks({Ready(TrainGroupOf(0))}, "was accepted twice");
}

TEST_F(DurableRecordTest, AGroupIsAcceptedReadyOrDropped) {
  Holds({kBegun});
  GroupRow row = Ready(TrainGroupOf(0));
  row.state = GroupState::kConsumed;
  Breaks({row}, "is accepted in state");
}

TEST_F(DurableRecordTest, APolicyIsPublishedBeforeItIsUsed) {
  Holds({kBegun});
  Breaks({Ready(TrainGroupOf(0), 1)}, "which nobody published");
}

TEST_F(DurableRecordTest, AGroupNamesItsPolicies) {
  Holds({kBegun});
  Breaks({GroupRow{.key = TrainGroupOf(0)}}, "names no policy");
}

TEST_F(DurableRecordTest, APolicyIsNotOlderThanTheLagAllows) {
  Holds({kBegun});
  Breaks({Ready(TrainGroupOf(4))}, "1 to 0 are allowed");
}

TEST_F(DurableRecordTest, AnEvaluationIsOfThePresentPolicy) {
  Holds({kBegun, kAssigned, kConsumed, kStep});
  Breaks({Ready(EvalGroupOf(1))}, "1 to 1 are allowed");
}

TEST_F(DurableRecordTest, AnAttemptFollowsADroppedOne) {
  Holds({kBegun, {Ready(TrainGroupOf(0))}});
  Breaks({Ready(TrainGroupOf(0, 1))}, "follows an attempt that was not dropped");
}

TEST_F(DurableRecordTest, OnlyMembersAreConsumed) {
  Holds({kBegun, {Ready(TrainGroupOf(0))}});
  Breaks({State(TrainGroupOf(0), GroupState::kConsumed, 1)}, "goes from state");
}

TEST_F(DurableRecordTest, AGroupIsConsumedOnce) {
  Holds({kBegun, kAssigned, kConsumed});
  Breaks({State(TrainGroupOf(0), GroupState::kConsumed, 1)}, "goes from state");
}

TEST_F(DurableRecordTest, AGroupIsEvaluatedOnce) {
  Holds({kBegun});
  Breaks({State(EvalGroupOf(0), GroupState::kEvaluated)}, "goes from state");
}

TEST_F(DurableRecordTest, AGroupThatWasNeverAcceptedHasNoEffect) {
  Holds({kBegun});
  Breaks({State(TrainGroupOf(0), GroupState::kAssigned, 1)}, "was never accepted");
}

TEST_F(DurableRecordTest, AStepNeedsAGroupForEachSlot) {
  Holds({kBegun,
         {Ready(TrainGroupOf(0)), State(TrainGroupOf(0), GroupState::kAssigned, 1),
          State(TrainGroupOf(0), GroupState::kConsumed, 1)}});
  Breaks(kStep, "has 0 groups in slot 1");
}

TEST_F(DurableRecordTest, AStepMayHaveAVoidSlot) {
  Holds({kBegun,
         {Ready(TrainGroupOf(0)), Dropped(TrainGroupOf(1)),
          State(TrainGroupOf(0), GroupState::kAssigned, 1),
          State(TrainGroupOf(0), GroupState::kConsumed, 1)},
         kStep});
}

TEST_F(DurableRecordTest, VersionsGrowByOne) {
  Holds({kBegun});
  Breaks({StepRow{.version = 2, .policy_digest = ""}}, "follows version 0");
}

TEST_F(DurableRecordTest, AReplayEndsInTheSameDigest) {
  Holds({kBegun, kAssigned, kConsumed, kStep});
  Breaks({StepRow{.version = 1, .policy_digest = PolicyOf(2).root_digest}},
         "committed again with another digest");
}

TEST_F(DurableRecordTest, APolicyIsOfACommittedVersion) {
  Holds({kBegun});
  Breaks({Published(1)}, "was published at version 0");
}

TEST_F(DurableRecordTest, APolicyStandsUntilItIsWithdrawn) {
  Holds({kBegun});
  PolicyRow other = Published(0);
  other.key.root_digest = PolicyOf(1).root_digest;
  Breaks({other}, "which was not withdrawn");
}

TEST_F(DurableRecordTest, AnExactRunWithdrawsNothing) {
  Holds({kBegun});
  Breaks({PolicyWithdrawnRow{.version = 0}}, "was withdrawn in a run whose replays are exact");
}

TEST_F(DurableRecordTest, APolicyIsKeptWhileItMayBeUsed) {
  Holds({kBegun, kAssigned, kConsumed, kStep});
  Breaks({PolicyRow{.key = PolicyOf(0)}}, "is forgotten at version 1");
}

TEST_F(DurableRecordTest, TheNewestCheckpointStays) {
  Holds({kBegun});
  Breaks({CheckpointRow{.version = 0, .folder = "a", .policy_digest = "", .removed = true}},
         "may be needed");
}

TEST_F(DurableRecordTest, ACheckpointIsOfACommittedVersion) {
  Holds({kBegun});
  Breaks({CheckpointRow{.version = 1, .folder = "a", .policy_digest = ""}},
         "a checkpoint of version 1");
}

TEST_F(DurableRecordTest, AnEvaluationIsCompletedOnce) {
  Holds({kBegun});
  Breaks({Evaluation(0)}, "is out of order");
}

TEST_F(DurableRecordTest, AnEvaluationHasAllItsGroups) {
  Holds({kBegun});
  Breaks({Evaluation(1)}, "evaluation 1 has 0 groups");
}

TEST_F(DurableRecordTest, ATranscriptIsExportedOnce) {
  Holds({{TranscriptRow{"line"}}});
  Breaks({TranscriptRow{"line"}}, "exported twice");
}

TEST_F(DurableRecordTest, WhatIsLoadedIsWhatWasWritten) {
  Holds({kBegun});
  record_.CheckLoaded({});
  EXPECT_THAT(world_.violation, HasSubstr("other rows than were written"));
}

TEST_F(DurableRecordTest, TheTallyIsWhatTheRowsAddUpTo) {
  Holds({kBegun, {Ready(TrainGroupOf(0))}});
  // Two steps are open, and one evaluation.
  GroupTally tally;
  for (int i = 0; i < 5; ++i) tally.Issue();
  tally.Move(GroupState::kPending, GroupState::kReady);
  tally.Move(GroupState::kPending, GroupState::kEvaluated);
  record_.CheckBalance(tally);
  ASSERT_EQ(world_.violation, "");
  GroupTally more = tally;
  more.Issue();
  record_.CheckBalance(more);
  EXPECT_THAT(world_.violation, HasSubstr("6 groups were issued, there must be 5"));
  world_.violation.clear();
  tally.Move(GroupState::kPending, GroupState::kReady);
  record_.CheckBalance(tally);
  EXPECT_THAT(world_.violation, HasSubstr("tallied 2 times"));
}

TEST_F(DurableRecordTest, AGroupIsLeasedWithWhatItMayBeSampledWith) {
  Holds({kBegun, {Ready(TrainGroupOf(0))}});
  record_.CheckGrant(GrantOf(1, TrainGroupOf(1), 0));
  ASSERT_EQ(world_.violation, "");
  record_.CheckGrant(GrantOf(1, TrainGroupOf(0), 0));
  EXPECT_THAT(world_.violation, HasSubstr("was accepted before"));
  world_.violation.clear();
  record_.CheckGrant(GrantOf(1, TrainGroupOf(1), 1));
  EXPECT_THAT(world_.violation, HasSubstr("which nobody published"));
  world_.violation.clear();
  record_.CheckGrant(GrantOf(1, TrainGroupOf(4), 0));
  EXPECT_THAT(world_.violation, HasSubstr("1 to 0 are allowed"));
}

}  // namespace
}  // namespace gyre::coordinator::simulation

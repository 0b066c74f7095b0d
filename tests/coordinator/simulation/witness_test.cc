// Each answer that says more than is on disk, and each false claim that is kept, is a violation.
#include "tests/coordinator/simulation/witness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/coordinator/simulation/fake_samples.h"
#include "tests/coordinator/simulation/small_run.h"

namespace gyre::coordinator::simulation {
namespace {

using testing::HasSubstr;

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() : ledger_(world_.setup.plan, {}, world_.now()) {
    witness_.Loaded({}, ledger_);
    const Ledger::Effects effects = ledger_.TakeEffects();
    witness_.Happened(ledger_, effects.rows);
    witness_.Written(effects.rows, ledger_.DurableStateInWords());
  }

  void Publish() {
    PolicyRow row{.key = PolicyOf(0)};
    *row.manifest.mutable_id() = ToProto(row.key);
    witness_.Written({row}, "");
  }

  LeaseGrants Grants(uint64_t lease_id, const GroupKey& group) const {
    return {.grants = {GrantOf(lease_id, group)}};
  }

  // Accepts it without asking the ledger.
  void Accept(uint64_t lease_id, const GroupKey& key, const std::string& text) {
    Group group = MakeGroup(world_.setup, key, {PolicyOf(0)});
    group.mutable_samples(0)->set_text(text);
    Submission submission;
    submission.lease_id = lease_id;
    submission.group = key;
    witness_.Accepted(submission, group);
  }

  World world_{SmallRun(), NoFaults(), 0, EventLog::Keep::kNothing};
  const ExpectedRun expected_ = ExpectRun(world_.setup);
  Witness witness_{world_, expected_};
  Ledger ledger_;
};

TEST_F(WitnessTest, ARunThatBeginsHolds) { EXPECT_EQ(world_.violation, ""); }

TEST_F(WitnessTest, RowsThatAreLoadedWereWritten) {
  witness_.Loaded({}, ledger_);
  EXPECT_THAT(world_.violation, HasSubstr("other rows than were written"));
}

TEST_F(WitnessTest, RowsOfAnEventAreLookedAtBeforeTheyAreWritten) {
  witness_.Happened(ledger_, {StepRow{.version = 2, .policy_digest = ""}});
  EXPECT_THAT(world_.violation, HasSubstr("follows version 0"));
}

TEST_F(WitnessTest, TheTallyFollowsTheRows) {
  witness_.Happened(ledger_, {GroupRow{.key = TrainGroupOf(0), .policies = {PolicyOf(0)}}});
  EXPECT_THAT(world_.violation, HasSubstr("which nobody published"));
  world_.violation.clear();
  witness_.Happened(ledger_, {StageRow{}});
  EXPECT_THAT(world_.violation, HasSubstr("is tallied 0 times, and there are 1"));
}

TEST_F(WitnessTest, AMemberIsToldOfAnEpochThatIsWritten) {
  JoinReply reply;
  reply.mutable_member()->set_epoch(2);
  witness_.Answered(reply);
  EXPECT_THAT(world_.violation, HasSubstr("joined epoch 2, which is not written"));
}

TEST_F(WitnessTest, ARankIsToldOfAnAttemptThatIsWritten) {
  JoinReply reply;
  reply.mutable_member()->set_epoch(1);
  reply.mutable_rank()->set_attempt(1);
  witness_.Answered(reply);
  EXPECT_THAT(world_.violation, HasSubstr("attempt 1 is told of"));
}

TEST_F(WitnessTest, AHeartbeatTellsWhatIsWritten) {
  HeartbeatReply reply;
  *reply.mutable_policy() = ToProto(PolicyOf(0));
  witness_.Answered(reply);
  EXPECT_THAT(world_.violation, HasSubstr("a heartbeat names policy 0"));
  world_.violation.clear();
  reply.clear_policy();
  reply.set_finished(true);
  witness_.Answered(reply);
  EXPECT_THAT(world_.violation, HasSubstr("says that the run is finished"));
}

TEST_F(WitnessTest, ALeaseNamesAPolicyThatIsWritten) {
  witness_.Answered(Grants(1, TrainGroupOf(0)));
  EXPECT_THAT(world_.violation, HasSubstr("which is not written"));
}

TEST_F(WitnessTest, ALeaseIsOfOneGroup) {
  Publish();
  witness_.Answered(Grants(1, TrainGroupOf(0)));
  ASSERT_EQ(world_.violation, "");
  witness_.Answered(Grants(1, TrainGroupOf(1)));
  EXPECT_THAT(world_.violation, HasSubstr("is granted for a second group"));
}

TEST_F(WitnessTest, AnAttemptIsLeasedAfterTheOneBefore) {
  Publish();
  witness_.Answered(Grants(1, TrainGroupOf(0, 1)));
  EXPECT_THAT(world_.violation, HasSubstr("is leased before the end of"));
}

TEST_F(WitnessTest, AGroupIsAcceptedUnderItsLeaseOnly) {
  Publish();
  witness_.Answered(Grants(1, TrainGroupOf(0)));
  Accept(1, TrainGroupOf(0), "true");
  ASSERT_EQ(world_.violation, "");
  Accept(1, TrainGroupOf(1), "true");
  EXPECT_THAT(world_.violation, HasSubstr("was never granted for it"));
}

TEST_F(WitnessTest, ALieIsNotAccepted) {
  Publish();
  witness_.Answered(Grants(1, TrainGroupOf(0)));
  Accept(1, TrainGroupOf(0), kLie);
  EXPECT_THAT(world_.violation, HasSubstr("a lie was accepted"));
}

TEST_F(WitnessTest, AClaimIsKeptOnceAndForItsGroup) {
  Publish();
  witness_.Answered(Grants(1, TrainGroupOf(0)));
  JoinRequest request;
  request.set_name("actor");
  HeldLease& held = *request.add_held_leases();
  held.set_lease_id(1);
  *held.mutable_group() = ToProto(TrainGroupOf(0));
  JoinReply reply;
  reply.add_kept_leases(1);
  witness_.Joined(request, reply);
  ASSERT_EQ(world_.violation, "");
  reply.add_kept_leases(1);
  witness_.Joined(request, reply);
  EXPECT_THAT(world_.violation, HasSubstr("is kept twice"));
  world_.violation.clear();
  *request.mutable_held_leases(0)->mutable_group() = ToProto(TrainGroupOf(1));
  reply.mutable_kept_leases()->RemoveLast();
  witness_.Joined(request, reply);
  EXPECT_THAT(world_.violation, HasSubstr("that it was never granted for"));
}

TEST_F(WitnessTest, AGroupUnderALeaseInForceIsNotRefused) {
  JoinRequest join;
  join.set_name("actor");
  JoinReply joined;
  joined.mutable_member()->set_member_id(1);
  witness_.Joined(join, joined);
  LeaseGroupsRequest request;
  request.mutable_member()->set_member_id(1);
  witness_.leases().Granted(request, Grants(1, TrainGroupOf(0)));
  Submission submission;
  submission.lease_id = 1;
  submission.group = TrainGroupOf(0);
  witness_.RefusedLease(submission);
  EXPECT_THAT(world_.violation, HasSubstr("is refused under the lease in force"));
}

TEST_F(WitnessTest, AGroupThatIsSaidToBeAcceptedIsWritten) {
  witness_.Answered(TrainGroupOf(0));
  EXPECT_THAT(world_.violation, HasSubstr("is said to be accepted, but is not written"));
}

TEST_F(WitnessTest, AStepIsNotHandedOutBeforeItsEvaluation) {
  NextStepReply reply;
  reply.mutable_sft();
  witness_.Answered(NextStepRequest(), reply);
  EXPECT_THAT(world_.violation, HasSubstr("is handed out after 0 of 1 evaluations"));
}

TEST_F(WitnessTest, AStepIsHandedOutWithTheMembersThatAreWritten) {
  EvaluationRow evaluation;
  witness_.Written({evaluation}, "");
  world_.violation.clear();
  NextStepReply reply;
  *reply.mutable_rl()->add_groups()->mutable_id() = ToProto(TrainGroupOf(0));
  witness_.Answered(NextStepRequest(), reply);
  EXPECT_THAT(world_.violation, HasSubstr("is handed out with 1 members, 0 are written"));
}

TEST_F(WitnessTest, WhatARankIsToldToBeDoneIsWritten) {
  CommitStepRequest commit;
  commit.set_version(1);
  witness_.Answered(commit);
  EXPECT_THAT(world_.violation, HasSubstr("is said to be committed"));
  world_.violation.clear();
  witness_.Answered(PublishPolicyRequest());
  EXPECT_THAT(world_.violation, HasSubstr("is said to be published"));
  world_.violation.clear();
  witness_.Answered(RecordCheckpointRequest());
  EXPECT_THAT(world_.violation, HasSubstr("is said to be recorded"));
}

TEST_F(WitnessTest, APolicyThatIsThereIsNotSaidToBeNone) {
  PolicyRow row{.key = PolicyOf(0)};
  *row.manifest.mutable_id() = ToProto(row.key);
  witness_.Happened(ledger_, {row});
  ASSERT_EQ(world_.violation, "");
  witness_.NotFound(PolicyOf(0));
  EXPECT_THAT(world_.violation, HasSubstr("is said not to be"));
}

TEST_F(WitnessTest, ARunThatFailsIsNoRunThatHolds) {
  ledger_.Fail("a reason");
  witness_.Happened(ledger_, {});
  EXPECT_THAT(world_.violation, HasSubstr("the run failed: a reason"));
}

}  // namespace
}  // namespace gyre::coordinator::simulation

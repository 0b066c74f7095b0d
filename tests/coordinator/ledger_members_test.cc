// Who takes part, and what a failed run says to whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/small_run.h"

namespace gyre::coordinator {
namespace {

using testing::ElementsAre;

TEST(LedgerMembers, ANameBelongsToItsNewestInstance) {
  SmallRun run;
  const JoinRequest older = SmallRun::JoinOf(ACTOR, "actor-0", "older");
  const JoinRequest newer = SmallRun::JoinOf(ACTOR, "actor-0", "newer");
  run.Join(older);
  const MemberRef member = run.Join(newer);
  const absl::StatusOr<JoinReply> again = run->Join(older, run.now);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(
      again.status().message(),
      "another process has taken the name \"actor-0\"; give each process a --name of its own");
  HeartbeatRequest beat;
  *beat.mutable_member() = member;
  EXPECT_TRUE(run->Heartbeat(beat, run.now).ok()) << "the newer one is left alone";
}

TEST(LedgerMembers, AnInstanceMayJoinAgainAndAgain) {
  SmallRun run;
  const JoinRequest join = SmallRun::JoinOf(REWARDER, "rewarder-0", "one");
  for (int i = 0; i < 3; ++i) run.Join(join);
  EXPECT_EQ(run->members().CountOf(REWARDER), 1u);
}

TEST(LedgerMembers, ProcessesWithoutAnInstanceReplaceEachOther) {
  SmallRun run;
  for (int i = 0; i < 3; ++i) run.JoinActor();
  EXPECT_EQ(run->members().CountOf(ACTOR), 1u);
}

TEST(LedgerMembers, AfterARestartTheLastOneToJoinHasTheName) {
  SmallRun run;
  const JoinRequest older = SmallRun::JoinOf(ACTOR, "actor-0", "older");
  const JoinRequest newer = SmallRun::JoinOf(ACTOR, "actor-0", "newer");
  run.Join(older);
  run.Join(newer);
  run.Restart();
  run.Join(newer);
  run.Join(older);
  EXPECT_EQ(run->Join(newer, run.now).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST(LedgerMembers, ASilentMemberIsLostAndOneThatIsHeardIsNot) {
  SmallRun run;
  run.JoinActor("actor-0");
  const MemberRef heard = run.JoinActor("actor-1");
  run.now += run.plan().limits.member;
  HeartbeatRequest beat;
  *beat.mutable_member() = heard;
  ASSERT_TRUE(run->Heartbeat(beat, run.now).ok());
  run.now += absl::Seconds(1);
  run->Tick(run.now);
  EXPECT_EQ(run->members().FindName("actor-0"), nullptr);
  EXPECT_NE(run->members().FindName("actor-1"), nullptr);
}

TEST(LedgerMembers, APollKeepsItsCallerAliveFromItsArrivalOnly) {
  SmallRun run;
  const MemberRef actor = run.JoinActor();
  const absl::Time arrived = run.now;
  for (int i = 0; i < 10; ++i) {
    run.now += absl::Seconds(1);
    ASSERT_TRUE(run->LeaseGroups(SmallRun::LeaseOf(actor), run.now, arrived).ok());
  }
  run.now = arrived + run.plan().limits.member + absl::Milliseconds(1);
  EXPECT_FALSE(run->LeaseGroups(SmallRun::LeaseOf(actor), run.now, arrived).ok());
}

TEST(LedgerMembers, AHeartbeatNamesTheRewardersThatTakePart) {
  SmallRun run;
  const MemberRef actor = run.JoinActor();
  JoinRequest first = SmallRun::JoinOf(REWARDER, "rewarder-0");
  first.set_address("host:1");
  JoinRequest second = SmallRun::JoinOf(REWARDER, "rewarder-1");
  second.set_address("host:2");
  const MemberRef leaves = run.Join(first);
  run.Join(second);
  HeartbeatRequest beat;
  *beat.mutable_member() = actor;
  EXPECT_THAT(run->Heartbeat(beat, run.now)->rewarder_addresses(), ElementsAre("host:1", "host:2"));
  LeaveRequest leave;
  *leave.mutable_member() = leaves;
  ASSERT_TRUE(run->Leave(leave, run.now).ok());
  EXPECT_THAT(run->Heartbeat(beat, run.now)->rewarder_addresses(), ElementsAre("host:2"));
}

TEST(LedgerMembers, AFailedRunIsToldToActorsAndRewarders) {
  SmallRun run;
  const MemberRef actor = run.JoinActor();
  const MemberRef rewarder = run.Join(SmallRun::JoinOf(REWARDER, "rewarder-0"));
  run->Fail("the loss is no number");
  const auto says_so = [](const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(status.message(), "the run has failed: the loss is no number");
  };
  HeartbeatRequest beat;
  *beat.mutable_member() = actor;
  says_so(run->Heartbeat(beat, run.now).status());
  *beat.mutable_member() = rewarder;
  says_so(run->Heartbeat(beat, run.now).status());
  says_so(run->LeaseGroups(SmallRun::LeaseOf(actor), run.now).status());
  says_so(run->Join(SmallRun::JoinOf(ACTOR, "actor-1"), run.now).status());
}

}  // namespace
}  // namespace gyre::coordinator

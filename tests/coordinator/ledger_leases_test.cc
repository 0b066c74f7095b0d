// Leases and the groups that are handed in under them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/small_run.h"

namespace gyre::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LedgerLeasesTest : public testing::Test {
 protected:
  explicit LedgerLeasesTest(const RunSpec& spec = SmallSpec()) : run_(spec) {}
  void SetUp() override {
    run_.BeginLearner();
    actor_ = run_.JoinActor();
  }
  ReturnLeasesRequest ReturnOf(const LeaseGrant& grant, bool cannot_be_made) {
    ReturnLeasesRequest request;
    *request.mutable_member() = actor_;
    request.add_lease_ids(grant.lease_id);
    request.set_reason("its prompt does not fit");
    request.set_cannot_be_made(cannot_be_made);
    return request;
  }
  void Beat(const MemberRef& member, uint64_t lease_id = 0, uint64_t tokens = 0) {
    HeartbeatRequest beat;
    *beat.mutable_member() = member;
    HeartbeatRequest::LeaseProgress& progress = *beat.add_leases();
    progress.set_lease_id(lease_id);
    progress.set_tokens(tokens);
    ASSERT_EQ(run_->Heartbeat(beat, run_.now).status(), absl::OkStatus());
  }
  // Everybody beats once a second; the lease makes progress each time, or none.
  void Pass(absl::Duration time, uint64_t lease_id, bool progress) {
    const absl::Time end = run_.now + time;
    for (uint64_t tokens = 1; run_.now < end; ++tokens) {
      run_.now += absl::Seconds(1);
      Beat(actor_, lease_id, progress ? tokens : 0);
      Beat(run_.OfRank<NextStepRequest>().member());
    }
  }

  SmallRun run_;
  MemberRef actor_;
};

RunSpec ShortLeaseSpec() {
  RunSpec spec = SmallSpec();
  spec.mutable_limits()->set_lease_absolute_seconds(spec.limits().lease_seconds());
  return spec;
}

// Where a lease cannot be renewed beyond its first end.
class LedgerShortLeasesTest : public LedgerLeasesTest {
 protected:
  LedgerShortLeasesTest() : LedgerLeasesTest(ShortLeaseSpec()) {}
};

TEST_F(LedgerLeasesTest, AGroupOfAFormerLifeIsTakenUnderItsOwnLeaseOnly) {
  const std::vector<LeaseGrant> grants = run_.Lease(actor_);
  ASSERT_THAT(grants, SizeIs(2));
  run_.Restart();
  actor_ = run_.JoinActor();
  Submission lie = SmallRun::SubmissionOf(actor_, grants[0]);
  lie.group = grants[1].group;
  const absl::StatusOr<Admission> admission = run_.HandIn(lie);
  EXPECT_EQ(admission.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(admission.status().message(), HasSubstr("lease lost"));
  EXPECT_THAT(admission.status().message(), HasSubstr("is not the group that the lease was"));
  EXPECT_EQ(*run_.HandIn(SmallRun::SubmissionOf(actor_, grants[0])), Admission::kAcceptWithPayload);
}

TEST_F(LedgerLeasesTest, NoLeaseIdPassesForAGroupThatNobodyHas) {
  const LeaseGrant grant = run_.Lease(actor_, 2).front();
  Submission lie = SmallRun::SubmissionOf(actor_, grant);
  ++lie.group.slot;
  for (const uint64_t id : {uint64_t{0}, uint64_t{1}, grant.lease_id, grant.lease_id + 1}) {
    lie.lease_id = id;
    EXPECT_FALSE(run_.HandIn(lie).ok()) << id;
  }
}

TEST_F(LedgerLeasesTest, AClaimIsForTheLeasesOwnGroupAndCountsOnce) {
  const std::vector<LeaseGrant> grants = run_.Lease(actor_);
  ASSERT_THAT(grants, SizeIs(2));
  run_.Restart();
  JoinRequest join = SmallRun::JoinOf(ACTOR, "actor-0");
  for (const LeaseGrant& named : {grants[1], grants[0], grants[0]}) {
    HeldLease& held = *join.add_held_leases();
    held.set_lease_id(grants[0].lease_id);
    *held.mutable_group() = ToProto(named.group);
  }
  const absl::StatusOr<JoinReply> reply = run_->Join(join, run_.now);
  ASSERT_EQ(reply.status(), absl::OkStatus());
  EXPECT_THAT(reply->kept_leases(), ElementsAre(grants[0].lease_id));
  EXPECT_EQ(run_->CheckInvariants(), absl::OkStatus());
  EXPECT_EQ(run_->leases().size(), 1u);
}

TEST_F(LedgerLeasesTest, ALeaseWithoutProgressIsGivenToAnother) {
  const LeaseGrant first = run_.Lease(actor_, 2).front();
  Pass(run_.plan().limits.lease + absl::Seconds(1), first.lease_id, /*progress=*/false);
  EXPECT_EQ(run_->lease_expiries(), 1u);
  const MemberRef other = run_.JoinActor("actor-1");
  const LeaseGrant second = run_.Lease(other, 2).front();
  EXPECT_EQ(second.group, first.group);
  const absl::Status late = run_.HandIn(SmallRun::SubmissionOf(actor_, first)).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(late.message(), HasSubstr("was leased again"));
  EXPECT_TRUE(run_.HandIn(SmallRun::SubmissionOf(other, second)).ok());
}

TEST_F(LedgerLeasesTest, TimeInWhichNobodyCouldBeHeardCountsAgainstNobody) {
  const LeaseGrant grant = run_.Lease(actor_, 2).front();
  run_.now += absl::Minutes(1);
  run_->Excuse(absl::Minutes(1));
  run_->Tick(run_.now);
  EXPECT_THAT(run_->members().members(), SizeIs(2));
  EXPECT_EQ(run_->leases().size(), 1u);
  EXPECT_EQ(*run_.HandIn(SmallRun::SubmissionOf(actor_, grant)), Admission::kAcceptWithPayload);
  EXPECT_TRUE(run_->NextStep(run_.OfRank<NextStepRequest>(), run_.now).ok())
      << "the ranks' attempt goes on";
}

TEST_F(LedgerLeasesTest, AGroupThatComesBackAsImpossibleThreeTimesStopsTheRun) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run_->failure(), "");
    const LeaseGrant grant = run_.Lease(actor_, 2).front();
    EXPECT_EQ(grant.group.slot, 0u);
    const ReturnLeasesRequest request = ReturnOf(grant, true);
    EXPECT_THAT(*run_->ReturnLeases(request, run_.now), ElementsAre(grant.group));
    EXPECT_THAT(*run_->ReturnLeases(request, run_.now), IsEmpty()) << "repeated on its way";
  }
  for (const char* part :
       {"stage \"zero\"", "slot 0", "problem ", "3 times", "actor-0", "its prompt does not fit"}) {
    EXPECT_THAT(run_->failure(), HasSubstr(part));
  }
}

TEST_F(LedgerLeasesTest, OneActorAmongSeveralDoesNotStopTheRun) {
  const MemberRef sound = run_.JoinActor("actor-1");
  for (int i = 0; i < 5; ++i) {
    const LeaseGrant grant = run_.Lease(actor_, 2).front();
    ASSERT_TRUE(run_->ReturnLeases(ReturnOf(grant, true), run_.now).ok());
  }
  EXPECT_EQ(run_->failure(), "");
  const LeaseGrant grant = run_.Lease(sound, 2).front();
  ASSERT_EQ(grant.group.slot, 0u);
  ReturnLeasesRequest request = ReturnOf(grant, true);
  *request.mutable_member() = sound;
  ASSERT_TRUE(run_->ReturnLeases(request, run_.now).ok());
  EXPECT_THAT(run_->failure(), HasSubstr("6 times, last by actor-1")) << "both agree";
}

TEST_F(LedgerLeasesTest, NobodyGivesBackWhatAnotherHolds) {
  const LeaseGrant grant = run_.Lease(actor_, 2).front();
  ReturnLeasesRequest request = ReturnOf(grant, true);
  *request.mutable_member() = run_.JoinActor("actor-1");
  EXPECT_THAT(*run_->ReturnLeases(request, run_.now), IsEmpty());
  EXPECT_NE(run_->leases().Find(grant.lease_id), nullptr);
}

TEST_F(LedgerLeasesTest, AGroupMayComeBackOftenForOtherReasons) {
  for (int i = 0; i < 10; ++i) {
    const LeaseGrant grant = run_.Lease(actor_, 2).front();
    ASSERT_TRUE(run_->ReturnLeases(ReturnOf(grant, false), run_.now).ok());
  }
  EXPECT_EQ(run_->failure(), "");
  EXPECT_EQ(run_->lease_expiries(), 0u) << "what is given back has not expired";
}

TEST_F(LedgerLeasesTest, AGroupThatOutlastsItsLeaseInSpiteOfProgressThreeTimesStopsTheRun) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run_->failure(), "");
    const LeaseGrant grant = run_.Lease(actor_, 2).front();
    EXPECT_EQ(grant.group.slot, 0u);
    Pass(run_.plan().limits.lease_absolute, grant.lease_id, /*progress=*/true);
    EXPECT_NE(run_->leases().Find(grant.lease_id), nullptr);
    run_.now += absl::Seconds(1);
    run_->Tick(run_.now);
  }
  EXPECT_THAT(run_->failure(), HasSubstr("limits.lease_absolute_seconds"));
  EXPECT_THAT(run_->failure(), HasSubstr("slot 0"));
}

TEST_F(LedgerShortLeasesTest, ALeaseWithoutProgressHasNotOutlastedItsAbsoluteEnd) {
  for (uint32_t i = 0; i < 2 * kMostFailures; ++i) {
    const LeaseGrant grant = run_.Lease(actor_, 2).front();
    EXPECT_EQ(grant.group.slot, 0u);
    Pass(run_.plan().limits.lease + absl::Seconds(1), grant.lease_id, /*progress=*/false);
    EXPECT_EQ(run_->lease_expiries(), i + 1);
  }
  EXPECT_EQ(run_->failure(), "");
}

TEST_F(LedgerShortLeasesTest, ALeaseWithProgressHas) {
  for (uint32_t i = 0; i < kMostFailures; ++i) {
    const LeaseGrant grant = run_.Lease(actor_, 2).front();
    Pass(run_.plan().limits.lease, grant.lease_id, /*progress=*/true);
    run_.now += absl::Seconds(1);
    run_->Tick(run_.now);
  }
  EXPECT_THAT(run_->failure(), HasSubstr("although it made progress"));
}

TEST_F(LedgerLeasesTest, AnAbsoluteEndIsNotPutOffByJoiningAgain) {
  const LeaseGrant grant = run_.Lease(actor_, 2).front();
  const absl::Time end = run_->leases().Find(grant.lease_id)->absolute_end;
  run_.now += absl::Seconds(5);
  JoinRequest join = SmallRun::JoinOf(ACTOR, "actor-0");
  HeldLease& held = *join.add_held_leases();
  held.set_lease_id(grant.lease_id);
  *held.mutable_group() = ToProto(grant.group);
  *held.mutable_policy() = ToProto(grant.policy);
  actor_ = run_.Join(join);
  ASSERT_NE(run_->leases().Find(grant.lease_id), nullptr);
  EXPECT_EQ(run_->leases().Find(grant.lease_id)->absolute_end, end);
  EXPECT_EQ(run_->leases().Find(grant.lease_id)->policy, grant.policy);
  EXPECT_EQ(run_->lease_expiries(), 0u) << "it goes on";
}

TEST_F(LedgerLeasesTest, LeasesThatANewProcessDoesNotHoldAreLost) {
  ASSERT_THAT(run_.Lease(actor_), SizeIs(2));
  actor_ = run_.JoinActor();
  EXPECT_EQ(run_->lease_expiries(), 2u);
  EXPECT_THAT(run_.Lease(actor_), SizeIs(2));
}

TEST_F(LedgerLeasesTest, LeasesOfAMemberThatLeavesAreReturned) {
  ASSERT_THAT(run_.Lease(actor_), SizeIs(2));
  LeaveRequest leave;
  *leave.mutable_member() = actor_;
  ASSERT_EQ(run_->Leave(leave, run_.now), absl::OkStatus());
  EXPECT_EQ(run_->lease_expiries(), 0u);
  EXPECT_EQ(run_->tally().in(GroupState::kPending), 2u);
}

TEST_F(LedgerLeasesTest, AHeaderIsEnoughToRefuseAGroup) {
  const LeaseGrant grant = run_.Lease(actor_, 2).front();
  Submission header = SmallRun::SubmissionOf(actor_, grant);
  EXPECT_TRUE(*run_->Awaits(header, run_.now));
  Submission other = header;
  other.sampling.set_samples(0);
  EXPECT_EQ(run_->Awaits(other, run_.now).status().code(), absl::StatusCode::kInvalidArgument);
  other = header;
  other.lease_id = 7;
  EXPECT_EQ(run_->Awaits(other, run_.now).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(run_.HandIn(header).ok());
  EXPECT_FALSE(*run_->Awaits(header, run_.now));
}

}  // namespace
}  // namespace gyre::coordinator

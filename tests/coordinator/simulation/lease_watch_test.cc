// Each rule of the watch can be broken, and says so.
#include "tests/coordinator/simulation/lease_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/coordinator/simulation/small_run.h"

namespace gyre::coordinator::simulation {
namespace {

using testing::HasSubstr;

class LeaseWatchTest : public testing::Test {
 protected:
  MemberRef Join(const std::string& name, Role role = ACTOR) {
    JoinRequest request;
    request.set_name(name);
    request.set_role(role);
    request.set_address("address of " + name);
    JoinReply reply;
    reply.mutable_member()->set_member_id(++members_);
    watch_.Joined(request, reply);
    return reply.member();
  }

  void Grant(const MemberRef& member, uint64_t lease_id, const GroupKey& group,
             uint32_t free_sequences = 8) {
    LeaseGroupsRequest request;
    *request.mutable_member() = member;
    request.set_free_sequences(free_sequences);
    request.set_held_groups(1);
    watch_.Granted(request, {.grants = {GrantOf(lease_id, group)}});
  }

  // Reports of a lease; it is answered with "lost" or not.
  void Report(const MemberRef& member, uint64_t lease_id, uint64_t tokens, bool lost,
              bool waiting_for_rewarder = false) {
    HeartbeatRequest request;
    *request.mutable_member() = member;
    HeartbeatRequest::LeaseProgress& progress = *request.add_leases();
    progress.set_lease_id(lease_id);
    progress.set_tokens(tokens);
    progress.set_waiting_for_rewarder(waiting_for_rewarder);
    HeartbeatReply reply;
    if (lost) reply.add_lost_leases(lease_id);
    watch_.Reported(request, reply);
    watch_.Heard(member, world_.now());
  }

  void Pass(absl::Duration time) {
    world_.schedule.After(time, [] {});
    world_.schedule.RunNext();
  }

  World world_{SmallRun(), NoFaults(), 0, EventLog::Keep::kNothing};
  LeaseWatch watch_{world_};
  uint64_t members_ = 0;
};

TEST_F(LeaseWatchTest, AGroupIsLeasedToOneAtATime) {
  const MemberRef a = Join("a");
  const MemberRef b = Join("b");
  Grant(a, 1, TrainGroupOf(0));
  EXPECT_EQ(world_.violation, "");
  EXPECT_TRUE(watch_.InForce(TrainGroupOf(0), 1));
  Grant(b, 2, TrainGroupOf(0));
  EXPECT_THAT(world_.violation, HasSubstr("is leased to member 2 while member 1 holds it"));
}

TEST_F(LeaseWatchTest, AGroupIsLeasedAgainWhenItsLeaseIsOver) {
  const MemberRef a = Join("a");
  const MemberRef b = Join("b");
  Grant(a, 1, TrainGroupOf(0));
  Pass(absl::Seconds(5));
  Grant(b, 2, TrainGroupOf(0));
  EXPECT_EQ(world_.violation, "");
}

TEST_F(LeaseWatchTest, NobodyGetsMoreThanThereIsRoomFor) {
  Grant(Join("a"), 1, TrainGroupOf(0), 1);
  EXPECT_THAT(world_.violation, HasSubstr("leases of 2 sequences for room of 1"));
}

TEST_F(LeaseWatchTest, ALeaseIsNotLostBeforeItsTime) {
  const MemberRef a = Join("a");
  Grant(a, 1, TrainGroupOf(0));
  Pass(absl::Seconds(3));
  Report(a, 1, 0, /*lost=*/true);
  EXPECT_THAT(world_.violation, HasSubstr("is lost too early"));
}

TEST_F(LeaseWatchTest, ALeaseWithProgressIsRenewed) {
  const MemberRef a = Join("a");
  Grant(a, 1, TrainGroupOf(0));
  Pass(absl::Seconds(3));
  Report(a, 1, 10, /*lost=*/false);
  Pass(absl::Seconds(3));
  Report(a, 1, 10, /*lost=*/true);
  EXPECT_THAT(world_.violation, HasSubstr("is lost too early"));
}

TEST_F(LeaseWatchTest, ALeaseWithoutProgressEnds) {
  const MemberRef a = Join("a");
  Grant(a, 1, TrainGroupOf(0));
  Pass(absl::Seconds(5));
  Report(a, 1, 10, /*lost=*/false);
  EXPECT_THAT(world_.violation, HasSubstr("lives on without progress"));
}

TEST_F(LeaseWatchTest, ALeaseEndsAtItsAbsoluteEnd) {
  const MemberRef a = Join("a");
  Grant(a, 1, TrainGroupOf(0));
  for (int i = 1; i <= 4; ++i) {
    Pass(absl::Seconds(3));
    Report(a, 1, i, /*lost=*/false);
  }
  ASSERT_EQ(world_.violation, "");
  Pass(absl::Seconds(1));
  Report(a, 1, 5, /*lost=*/false);
  EXPECT_THAT(world_.violation, HasSubstr("lives on without progress"));
}

TEST_F(LeaseWatchTest, ALeaseEndsWhenTheRewarderTakesTooLong) {
  const MemberRef a = Join("a");
  Grant(a, 1, TrainGroupOf(0));
  for (int i = 0; i < 3; ++i) {
    Pass(absl::Seconds(3));
    Report(a, 1, 0, /*lost=*/false, /*waiting_for_rewarder=*/true);
  }
  ASSERT_EQ(world_.violation, "");
  Pass(absl::Seconds(2));
  Report(a, 1, 0, /*lost=*/false, /*waiting_for_rewarder=*/true);
  EXPECT_THAT(world_.violation, HasSubstr("lives on without progress"));
}

TEST_F(LeaseWatchTest, OnlyRewardersThatAreThereAreNamed) {
  const MemberRef a = Join("a");
  const MemberRef rewarder = Join("r", REWARDER);
  HeartbeatRequest request;
  *request.mutable_member() = a;
  HeartbeatReply reply;
  reply.add_rewarder_addresses("address of r");
  watch_.Reported(request, reply);
  ASSERT_EQ(world_.violation, "");
  watch_.Left(rewarder);
  watch_.Reported(request, reply);
  EXPECT_THAT(world_.violation, HasSubstr("is named, but is no member"));
}

}  // namespace
}  // namespace gyre::coordinator::simulation

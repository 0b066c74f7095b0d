// An actor whose coordinator restarts, is cut off, or refuses it.
#include "gmock/gmock.h"
#include "tests/actor/actor_stage.h"

namespace gyre::actor {
namespace {

using testing::HasSubstr;

class ActorMembership : public ActorStage {};

TEST_F(ActorMembership, GroupsGoOnWhenTheCoordinatorRestarts) {
  rewarder_.Close();
  Offer(MakeLease(1));
  Offer(MakeLease(2));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  ASSERT_TRUE(WaitUntilMade(2));
  coordinator_.Restart();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.joins.size() == 2; }));
  rewarder_.Open();
  ASSERT_TRUE(WaitForSubmissions(2));
  const auto state = coordinator_.Look();
  const JoinRequest& again = state.joins[1];
  ASSERT_EQ(again.held_leases_size(), 2);
  EXPECT_EQ(again.held_leases(0).group().slot(), 1u);
  EXPECT_EQ(again.held_leases(0).policy().root_digest(), policies_.Manifest(1).id().root_digest());
  EXPECT_EQ(again.spec_digest(), "the spec's digest");
  EXPECT_EQ(again.run_token(), "token");
  EXPECT_EQ(state.submissions[0].header.member().epoch(), 2u);
  EXPECT_EQ(policies_.fetches, 1) << "the policy is still here";
}

TEST_F(ActorMembership, LeasesThatAreNotKeptAreDropped) {
  rewarder_.Close();
  coordinator_.Change([](auto& state) { state.keep_leases = false; });
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  coordinator_.Restart();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) {
    return state.joins.size() == 2 && state.last_heartbeat.member().epoch() == 2 &&
           state.last_heartbeat.leases_size() == 0;
  }));
  rewarder_.Open();
  Offer(MakeLease(2));
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(coordinator_.Look().submissions[0].header.lease_id(), 2u);
}

TEST_F(ActorMembership, CutConnectionIsNoRefusal) {
  const std::vector<absl::Status> cuts = {absl::ResourceExhaustedError("too many threads"),
                                          absl::CancelledError("the server stops"),
                                          absl::UnknownError("Stream removed")};
  coordinator_.Change([&](auto& state) {
    state.join_script = cuts;
    state.heartbeat_script = cuts;
    state.refusals[1] = absl::CancelledError("the server stops");
  });
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1)) << "handed in again, not given up";
  EXPECT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.heartbeats > 3; }));
  EXPECT_TRUE(coordinator_.Look().returned.empty());
}

TEST_F(ActorMembership, ProcessWhoseNameAnotherTookEndsInsteadOfTakingItBack) {
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.heartbeats > 0; }));
  Actor second(MakeOptions());
  absl::Status second_end;
  base::WorkerThread thread("second", [&](std::stop_token stop) { second_end = second.Run(stop); });
  const absl::Status end = Join();
  EXPECT_EQ(end.code(), absl::StatusCode::kAlreadyExists) << end;
  Offer(MakeLease(1));
  EXPECT_TRUE(WaitForSubmissions(1)) << "by the second one";
  EXPECT_EQ(coordinator_.Look().joins.size(), 2u) << "each has joined once";
  thread.RequestStop();
  thread.Join();
  EXPECT_TRUE(second_end.ok()) << second_end;
}

TEST_F(ActorMembership, EachProcessHasAnInstanceOfItsOwn) {
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.heartbeats > 0; }));
  coordinator_.Restart();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.joins.size() == 2; }));
  ASSERT_TRUE(Stop().ok());
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.joins.size() == 3; }));
  const auto joins = coordinator_.Look().joins;
  EXPECT_EQ(joins[0].instance().size(), 16u);
  EXPECT_EQ(joins[0].instance(), joins[1].instance()) << "the same process joins again";
  EXPECT_NE(joins[0].instance(), joins[2].instance());
}

TEST_F(ActorMembership, RunThatFailsEndsTheActor) {
  rewarder_.Close();
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  coordinator_.Change([](auto& state) {
    state.failure = absl::FailedPreconditionError("the run has failed: three bad updates");
  });
  EXPECT_THAT(std::string(Join().message()), HasSubstr("the run has failed: three bad updates"));
}

TEST_F(ActorMembership, RefusedActorEndsWithTheReason) {
  coordinator_.Change(
      [](auto& state) { state.join_status = absl::PermissionDeniedError("wrong run token"); });
  Start();
  const absl::Status end = Join();
  EXPECT_EQ(end.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(end.message()), HasSubstr("wrong run token"));
}

TEST_F(ActorMembership, RunThatHasFailedEndsTheActorWhenItJoinsAgain) {
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.heartbeats > 0; }));
  coordinator_.Change([](auto& state) {
    state.join_status = absl::FailedPreconditionError("the run has failed: three bad updates");
    ++state.epoch;
  });
  EXPECT_THAT(std::string(Join().message()), HasSubstr("three bad updates"));
}

TEST_F(ActorMembership, ActorThatFindsNoCoordinatorKeepsTryingUntilItIsStopped) {
  Actor::Options options;
  options.coordinator.coordinator = "127.0.0.1:1";
  options.coordinator.name = "actor-1";
  Actor alone(options);
  absl::Status end = absl::UnknownError("");
  base::WorkerThread thread("alone", [&](std::stop_token stop) { end = alone.Run(stop); });
  thread.RequestStop();
  thread.Join();
  EXPECT_TRUE(end.ok());
}

}  // namespace
}  // namespace gyre::actor

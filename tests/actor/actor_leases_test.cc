// How an actor asks for leases: how many, how often, and what it says of its waiting.
#include <algorithm>

#include "gmock/gmock.h"
#include "tests/actor/actor_stage.h"

namespace gyre::actor {
namespace {

class ActorLeases : public ActorStage {};

TEST_F(ActorLeases, NoMoreIsLeasedThanTheCacheCanRun) {
  // Only as large as the longest sequence: one sample of these groups runs at a time.
  coordinator_.Change([](auto& state) { state.lease_time = absl::Seconds(10); });
  for (uint64_t id = 1; id <= 5; ++id) Offer(MakeLease(id));
  Start(/*max_sequences=*/32, /*kv_memory_bytes=*/1);
  ASSERT_TRUE(WaitForSubmissions(5));
  const auto state = coordinator_.Look();
  EXPECT_EQ(state.leases_expired, 0u);
  for (const LeaseGroupsRequest& question : state.asked) {
    EXPECT_LE(question.free_sequences(), 1u) << question.DebugString();
  }
}

TEST_F(ActorLeases, OneGroupAtMostIsLeasedBeforeAPolicyIsThere) {
  coordinator_.Change([](auto& state) { state.manifests[1].clear_sources(); });
  for (uint64_t id = 1; id <= 5; ++id) Offer(MakeLease(id));
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) {
    return state.last_heartbeat.leases_size() == 1 && state.last_heartbeat.waits_size() > 0;
  }));
  EXPECT_EQ(coordinator_.Look().open.size(), 4u);
  coordinator_.Change([&](auto& state) { state.manifests[1] = policies_.Manifest(1); });
  EXPECT_TRUE(WaitForSubmissions(5));
}

TEST_F(ActorLeases, EmptyAnswersAreNotAskedForInAHotLoop) {
  coordinator_.Change([](auto& state) { state.answers_at_once = true; });
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.heartbeats >= 40; }));
  const auto state = coordinator_.Look();
  EXPECT_GT(state.asked.size(), 0u);
  EXPECT_LT(state.asked.size(), state.heartbeats) << "a heartbeat comes every 20 ms";
}

TEST_F(ActorLeases, PauseThatTheCoordinatorAsksForIsKept) {
  coordinator_.Change([](auto& state) {
    state.answers_at_once = true;
    state.ask_again_seconds = 1e6;
  });
  Start();
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) { return state.heartbeats >= 40; }));
  EXPECT_EQ(coordinator_.Look().asked.size(), 1u);
}

TEST_F(ActorLeases, WaitForALeaseIsAsOldAsItIsHoweverOftenItIsAskedFor) {
  coordinator_.Change([](auto& state) { state.answers_at_once = true; });
  Start();
  const auto waits_long = [](const auto& state, const std::string& what) {
    return std::any_of(state.last_heartbeat.waits().begin(), state.last_heartbeat.waits().end(),
                       [&](const Wait& wait) { return wait.what() == what && wait.seconds() > 1; });
  };
  EXPECT_TRUE(
      coordinator_.WaitFor([&](const auto& state) { return waits_long(state, "a lease"); }));
  EXPECT_GT(coordinator_.Look().asked.size(), 2u);
}

TEST_F(ActorLeases, ActorThatIsFullSaysThatItWaitsForRoom) {
  rewarder_.Close();
  for (uint64_t id = 1; id <= 12; ++id) Offer(MakeLease(id));
  Start(/*max_sequences=*/8);
  EXPECT_TRUE(coordinator_.WaitFor([](const auto& state) {
    return std::any_of(state.last_heartbeat.waits().begin(), state.last_heartbeat.waits().end(),
                       [](const Wait& wait) { return wait.what() == "room for a group"; });
  }));
}

}  // namespace
}  // namespace gyre::actor

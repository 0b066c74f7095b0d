// Several ranks against a coordinator that follows a script: one attempt for all, stops in order.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "learner/learner.h"
#include "tests/learner/fake_coordinator.h"
#include "tests/learner/running_rank.h"
#include "tests/learner/small_run.h"
#include "tests/learner/temporary_folder.h"

namespace gyre::learner {
namespace {

using Fault = FakeCoordinator::Fault;

TEST(LearnerRanks, TwoRanksEndWithTheSameBitsInEachRun) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(SmallRun(), folder.path(), 2);
    {
      RunningRank rank_0(coordinator.address(), 0);
      RunningRank rank_1(coordinator.address(), 1);
      EXPECT_EQ(rank_0.Result().ending, Ending::kDone) << rank_0.Result().why;
      EXPECT_EQ(rank_1.Result().ending, Ending::kDone) << rank_1.Result().why;
    }
    const std::string digest = coordinator.commits().at(kSmallRunVersions).request.policy_digest();
    if (run == 0) first = digest;
    EXPECT_EQ(digest, first);
  }
}

TEST(LearnerRanks, OneRankLessEndsTheAttemptForAllAndTheNextOneGoesOn) {
  const TemporaryFolder folder;
  FakeCoordinator coordinator(SmallRun(), folder.path(), 2);
  coordinator.FailAt(5, Fault::kAttemptEnds);
  std::vector<std::string> digests;
  for (int attempt = 1; attempt <= 2; ++attempt) {
    RunningRank rank_0(coordinator.address(), 0);
    RunningRank rank_1(coordinator.address(), 1);
    const Ending expected = attempt == 1 ? Ending::kRestart : Ending::kDone;
    EXPECT_EQ(rank_0.Result().ending, expected) << rank_0.Result().why;
    EXPECT_EQ(rank_1.Result().ending, expected) << rank_1.Result().why;
  }
  EXPECT_EQ(coordinator.version(), kSmallRunVersions);
}

TEST(LearnerRanks, AStopOfAllRanksSavesAndLeavesNobodyWaiting) {
  const TemporaryFolder folder;
  FakeCoordinator coordinator(SmallRun(), folder.path(), 2);
  RunningRank rank_0(coordinator.address(), 0);
  RunningRank rank_1(coordinator.address(), 1);
  ASSERT_TRUE(coordinator.AwaitVersion(3));
  rank_1.learner().Stop();
  rank_0.learner().Stop();
  EXPECT_EQ(rank_0.Result().ending, Ending::kDone) << rank_0.Result().why;
  EXPECT_EQ(rank_1.Result().ending, Ending::kDone) << rank_1.Result().why;
  EXPECT_EQ(coordinator.checkpoints().rbegin()->first, coordinator.version());
}

TEST(LearnerRanks, ARankAboveZeroThatIsStoppedAloneGoesOnUntilRankZeroIsGone) {
  const TemporaryFolder folder;
  FakeCoordinator coordinator(SmallRun(), folder.path(), 2);
  RunningRank rank_0(coordinator.address(), 0);
  RunningRank rank_1(coordinator.address(), 1);
  ASSERT_TRUE(coordinator.AwaitVersion(2));
  rank_1.learner().Stop();
  EXPECT_EQ(rank_0.Result().ending, Ending::kDone) << rank_0.Result().why;
  EXPECT_EQ(rank_1.Result().ending, Ending::kDone) << rank_1.Result().why;
  EXPECT_EQ(coordinator.version(), kSmallRunVersions);
}

}  // namespace
}  // namespace gyre::learner

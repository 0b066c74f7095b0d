// Whole ranks against a coordinator that follows a script: steps, checkpoints, faults, the same
// bits.
#include "learner/learner.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "learner/checkpoint_reader.h"
#include "tests/learner/fake_coordinator.h"
#include "tests/learner/running_rank.h"
#include "tests/learner/small_run.h"
#include "tests/learner/temporary_folder.h"

namespace gyre::learner {
namespace {

using Fault = FakeCoordinator::Fault;
using testing::ElementsAre;
using testing::HasSubstr;

// The digest of each version whose commit had one, in a run that nothing disturbs.
std::map<int64_t, std::string> DigestsOf(const FakeCoordinator& coordinator) {
  std::map<int64_t, std::string> digests;
  for (const auto& [version, commit] : coordinator.commits()) {
    if (!commit.request.policy_digest().empty()) digests[version] = commit.request.policy_digest();
  }
  return digests;
}

const std::map<int64_t, std::string>& UndisturbedDigests() {
  static const std::map<int64_t, std::string> digests = [] {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(SmallRun(), folder.path());
    EXPECT_EQ(RunRank(coordinator.address()).ending, Ending::kDone);
    return DigestsOf(coordinator);
  }();
  return digests;
}

TEST(Learner, TrainsEachStepOnceAndCommitsItWithWhatWasAskedFor) {
  const TemporaryFolder folder;
  FakeCoordinator coordinator(SmallRun(), folder.path());
  const Learner::Result result = RunRank(coordinator.address());
  ASSERT_EQ(result.ending, Ending::kDone) << result.why;
  const auto commits = coordinator.commits();
  ASSERT_EQ(commits.size(), size_t{kSmallRunVersions});
  for (const auto& [version, commit] : commits) {
    const CommitStepRequest& request = commit.request;
    const bool rl = version > 6;
    EXPECT_EQ(commit.times, 1);
    EXPECT_EQ(request.stage(), rl ? 1u : 0u);
    EXPECT_EQ(request.step(), static_cast<uint32_t>(version - (rl ? 7 : 1)));
    EXPECT_EQ(request.has_manifest(), rl);
    EXPECT_EQ(request.metrics().updates(), rl ? 2u : 1u);
    EXPECT_GT(request.metrics().tokens_trained(), 0u);
    EXPECT_GT(request.metrics().gradient_norm(), 0.0);
    for (const char* phase : {"wait", "read", "forward_backward", "reduce", "optimize"}) {
      EXPECT_EQ(request.metrics().step_seconds().count(phase), 1u) << phase;
    }
    if (rl) {
      EXPECT_EQ(request.manifest().id().root_digest(), request.policy_digest());
    }
  }
  EXPECT_LT(commits.at(6).request.metrics().loss(), commits.at(1).request.metrics().loss());
  EXPECT_GT(commits.at(8).request.metrics().kl_reference(), 0.0);
  // The policy that the RL stage samples from first is published on its own.
  ASSERT_EQ(coordinator.published().size(), 4u);
  EXPECT_EQ(coordinator.published().front().id().version(), 6);
  EXPECT_EQ(coordinator.published().front().id().root_digest(),
            commits.at(6).request.policy_digest());
  std::vector<int64_t> saved;
  for (const auto& [version, name] : coordinator.checkpoints()) {
    saved.push_back(version);
    const auto checkpoint =
        ReadCheckpoint(folder.path() + "/" + name, commits.at(version).request.policy_digest());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->position.version, version);
    EXPECT_EQ(checkpoint->reference.has_value(), version > 6);
  }
  EXPECT_THAT(saved, ElementsAre(2, 4, 6, 8, 9));
}

// The value of a metric without labels.
double Value(prometheus::Registry& registry, const std::string& name) {
  for (const prometheus::MetricFamily& family : registry.Collect()) {
    if (family.name != name) continue;
    const prometheus::ClientMetric& metric = family.metric.at(0);
    return family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                          : metric.gauge.value;
  }
  ADD_FAILURE() << "there is no metric " << name;
  return 0;
}

TEST(Learner, ShowsItsNumbersAndHoldsItsPoliciesForActors) {
  const TemporaryFolder folder;
  FakeCoordinator coordinator(SmallRun(), folder.path());
  RunningRank rank(coordinator.address(), 0);
  ASSERT_EQ(rank.Result().ending, Ending::kDone);
  uint64_t trained = 0;
  for (const auto& [version, commit] : coordinator.commits()) {
    trained += commit.request.metrics().tokens_trained();
  }
  EXPECT_EQ(Value(rank.registry(), "gyre_policy_version"), 9);
  EXPECT_EQ(Value(rank.registry(), "gyre_tokens_trained_total"), static_cast<double>(trained));
  EXPECT_EQ(Value(rank.registry(), "gyre_nonfinite_updates_total"), 0);
  EXPECT_GT(Value(rank.registry(), "gyre_learning_rate"), 0);
  EXPECT_GT(Value(rank.registry(), "gyre_checkpoint_timestamp_seconds"), 1.6e9);
  // Lag 0: the newest and the one before it.
  const std::vector<PolicyManifest> published = coordinator.published();
  EXPECT_NE(rank.shelf().Find(published[3].id()), nullptr);
  EXPECT_NE(rank.shelf().Find(published[2].id()), nullptr);
  EXPECT_EQ(rank.shelf().Find(published[1].id()), nullptr);
}

TEST(Learner, StagesBeginWithTheWeightsThatTheyName) {
  // Three stages that train such examples in four steps each.
  RunSpec spec = SmallRun();
  spec.mutable_stage()->DeleteSubrange(1, 1);
  spec.mutable_stage(0)->mutable_sft()->set_steps(4);
  StageSpec& from_model = *spec.add_stage() = spec.stage(0);
  from_model.set_start(StageSpec::MODEL);
  StageSpec& from_stage = *spec.add_stage() = spec.stage(0);
  from_stage.set_start_from("checkpoints/step-4");
  for (const int64_t cut : {0, 4, 5, 8, 9}) {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(spec, folder.path());
    if (cut > 0) {
      coordinator.FailAt(cut, Fault::kAttemptEnds);
      ASSERT_EQ(RunRank(coordinator.address()).ending, Ending::kRestart);
    }
    const Learner::Result result = RunRank(coordinator.address());
    ASSERT_EQ(result.ending, Ending::kDone) << result.why;
    const auto commits = coordinator.commits();
    const auto loss = [&](int64_t version) { return commits.at(version).request.metrics().loss(); };
    EXPECT_NEAR(loss(1), std::log(119), 0.1);
    EXPECT_LT(loss(4), loss(1) - 0.2);
    EXPECT_NEAR(loss(5), loss(1), 0.1) << "the second stage begins anew";
    EXPECT_NEAR(loss(9), loss(4), 0.2) << "the third one with the end of the first";
    static const std::string undisturbed = DigestsOf(coordinator).at(12);
    EXPECT_EQ(DigestsOf(coordinator).at(12), undisturbed) << "cut at " << cut;
  }
}

TEST(Learner, GoesOnFromItsCheckpointToTheSameBitsWhereverItWasCutOff) {
  for (int64_t cut = 1; cut < kSmallRunVersions; ++cut) {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(SmallRun(), folder.path());
    coordinator.FailAt(cut, Fault::kAttemptEnds);
    ASSERT_EQ(RunRank(coordinator.address()).ending, Ending::kRestart) << "cut at " << cut;
    const Learner::Result result = RunRank(coordinator.address());
    ASSERT_EQ(result.ending, Ending::kDone) << "cut at " << cut << ": " << result.why;
    EXPECT_EQ(coordinator.attempt(), 2u);
    EXPECT_EQ(DigestsOf(coordinator), UndisturbedDigests()) << "cut at " << cut;
  }
}

TEST(Learner, OutlivesACoordinatorThatRestartsWithOrWithoutTheCommit) {
  for (const Fault fault : {Fault::kRestartsAfter, Fault::kRestartsBefore}) {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(SmallRun(), folder.path());
    coordinator.FailAt(3, fault);
    coordinator.FailAt(7, fault);
    const Learner::Result result = RunRank(coordinator.address());
    ASSERT_EQ(result.ending, Ending::kDone) << result.why;
    EXPECT_EQ(coordinator.epoch(), 3u);
    EXPECT_EQ(coordinator.attempt(), 1u) << "the rank kept its state";
    EXPECT_EQ(DigestsOf(coordinator), UndisturbedDigests());
  }
}

TEST(Learner, StopsAtABoundaryWithItsVersionSavedAndGoesOnFromThere) {
  for (int64_t stop_at = 1; stop_at < kSmallRunVersions; ++stop_at) {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(SmallRun(), folder.path());
    {
      std::unique_ptr<RunningRank> rank;
      absl::Notification made;
      coordinator.OnCommit([&](int64_t version) {
        made.WaitForNotification();
        if (version == stop_at) rank->learner().Stop();
      });
      rank = std::make_unique<RunningRank>(coordinator.address(), 0);
      made.Notify();
      EXPECT_EQ(rank->Result().ending, Ending::kDone);
      coordinator.OnCommit(nullptr);
    }
    const int64_t version = coordinator.version();
    // One more may have been under way.
    EXPECT_GE(version, stop_at);
    EXPECT_LE(version, stop_at + 1);
    EXPECT_EQ(coordinator.checkpoints().rbegin()->first, version);
    ASSERT_EQ(RunRank(coordinator.address()).ending, Ending::kDone);
    EXPECT_EQ(coordinator.commits().at(1).times, 1) << "nothing was trained again";
    EXPECT_EQ(DigestsOf(coordinator).at(kSmallRunVersions),
              UndisturbedDigests().at(kSmallRunVersions));
  }
}

TEST(Learner, AReplayThatDiffersEndsTheRunWithTheCoordinatorsWords) {
  const TemporaryFolder folder;
  FakeCoordinator coordinator(SmallRun(), folder.path());
  coordinator.FailAt(4, Fault::kReplayDiffers);
  const Learner::Result result = RunRank(coordinator.address());
  EXPECT_EQ(result.ending, Ending::kFailed);
  EXPECT_THAT(result.why, HasSubstr("replay differs: version 2 was a and came out as b"));
  EXPECT_EQ(coordinator.failure(), result.why);
}

TEST(Learner, ThreeUpdatesInARowThatAreNotFiniteEndTheRun) {
  const TemporaryFolder folder;
  RunSpec spec = SmallRun();
  OptimizerSpec& optimizer = *spec.mutable_stage(0)->mutable_sft()->mutable_optimizer();
  optimizer.set_learning_rate(1e30f);
  optimizer.set_warmup_updates(0);
  FakeCoordinator coordinator(spec, folder.path());
  const Learner::Result result = RunRank(coordinator.address());
  EXPECT_EQ(result.ending, Ending::kFailed);
  EXPECT_THAT(result.why, HasSubstr("non-finite"));
  EXPECT_EQ(coordinator.failure(), result.why);
}

TEST(Learner, ADamagedCheckpointEndsTheRunNamingFileAndTensor) {
  const TemporaryFolder folder;
  FakeCoordinator coordinator(SmallRun(), folder.path());
  coordinator.FailAt(5, Fault::kAttemptEnds);
  ASSERT_EQ(RunRank(coordinator.address()).ending, Ending::kRestart);
  const std::string path = folder.path() + "/checkpoints/step-4/optimizer-00000.safetensors";
  std::string bytes = *base::ReadFile(path);
  bytes[bytes.size() - 3] ^= 1;
  ASSERT_TRUE(base::WriteFileAtomically(path, bytes).ok());
  const Learner::Result result = RunRank(coordinator.address());
  EXPECT_EQ(result.ending, Ending::kFailed);
  EXPECT_THAT(result.why, HasSubstr(path));
  EXPECT_THAT(result.why, HasSubstr("second_moment"));
  EXPECT_THAT(result.why, HasSubstr("start_from"));
}

}  // namespace
}  // namespace gyre::learner

// What a committed step says of its groups and its checkpoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/small_run.h"

namespace gyre::coordinator {
namespace {

using testing::HasSubstr;

class LedgerCommitTest : public testing::Test {
 protected:
  void SetUp() override {
    run_.BeginLearner();
    actor_ = run_.JoinActor();
  }
  // Hands in every group that is waited for; those of slot 0 with so many scored samples.
  void FillStep(uint32_t scored_in_slot_0 = 2) {
    while (true) {
      const std::vector<LeaseGrant> grants = run_.Lease(actor_);
      if (grants.empty()) return;
      for (const LeaseGrant& grant : grants) {
        const bool is_first = grant.group.slot == 0;
        ASSERT_TRUE(
            run_.HandIn(SmallRun::SubmissionOf(actor_, grant, is_first ? scored_in_slot_0 : 2))
                .ok());
      }
    }
  }

  SmallRun run_;
  MemberRef actor_;
};

TEST_F(LedgerCommitTest, ErrorsOfDroppedGroupsAreCounted) {
  FillStep(/*scored_in_slot_0=*/0);
  ASSERT_EQ(run_->CommitStep(run_.CommitOf(0), run_.now), absl::OkStatus());
  const StepMetrics& metrics = run_->steps().At(1).metrics;
  EXPECT_EQ(metrics.groups(), 1u) << "slot 0 is void";
  EXPECT_EQ(metrics.dropped_groups(), 2u);
  EXPECT_EQ(metrics.unscored_samples(), 4u);
  EXPECT_EQ(metrics.outcome_errors().at("accuracy/TIMEOUT"), 4u);
  EXPECT_EQ(metrics.samples(), 2u);
}

TEST_F(LedgerCommitTest, ErrorsOfDroppedGroupsAreCountedAfterARestart) {
  FillStep(/*scored_in_slot_0=*/0);
  run_.Restart();
  run_.BeginLearner();
  ASSERT_EQ(run_->CommitStep(run_.CommitOf(0), run_.now), absl::OkStatus());
  EXPECT_EQ(run_->steps().At(1).metrics.unscored_samples(), 4u);
}

TEST_F(LedgerCommitTest, ACheckpointStandsInTheFolderOfItsVersion) {
  FillStep();
  for (const char* folder : {".", "..", "../other", "/tmp", "checkpoints/step-2", "checkpoints"}) {
    CommitStepRequest commit = run_.CommitOf(0);
    commit.set_checkpoint(folder);
    const absl::Status refused = run_->CommitStep(commit, run_.now);
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << folder;
    EXPECT_THAT(refused.message(), HasSubstr("checkpoints/step-1"));
  }
  CommitStepRequest commit = run_.CommitOf(0);
  commit.set_checkpoint("checkpoints/step-1");
  EXPECT_EQ(run_->CommitStep(commit, run_.now), absl::OkStatus());
}

TEST_F(LedgerCommitTest, ACheckpointOutsideOfACommitDoesSoToo) {
  FillStep();
  ASSERT_EQ(run_->CommitStep(run_.CommitOf(0), run_.now), absl::OkStatus());
  auto request = run_.OfRank<RecordCheckpointRequest>();
  request.set_version(1);
  request.set_policy_digest(PolicyNamed(1).root_digest);
  request.set_checkpoint("checkpoints/../../other");
  EXPECT_EQ(run_->RecordCheckpoint(request, run_.now).code(), absl::StatusCode::kInvalidArgument);
  request.set_checkpoint("checkpoints/step-1");
  EXPECT_EQ(run_->RecordCheckpoint(request, run_.now), absl::OkStatus());
  EXPECT_EQ(run_->checkpoints().covered_version(), 1);
}

}  // namespace
}  // namespace gyre::coordinator

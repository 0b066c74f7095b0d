#include "coordinator/check_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/small_run.h"

namespace gyre::coordinator {
namespace {

using testing::HasSubstr;

// Imitation for one step, and a second stage that begins with the first one's weights; both are
// evaluated at their ends.
RunPlan Plan() {
  RunSpec spec;
  for (const char* name : {"base", "again"}) {
    StageSpec& stage = *spec.add_stage();
    stage.set_name(name);
    stage.mutable_sft()->set_steps(1);
    stage.mutable_sft()->set_examples_per_step(4);
    stage.mutable_eval()->set_problems("eval");
    stage.mutable_eval()->set_samples_per_prompt(1);
    stage.mutable_eval()->set_at_start(false);
  }
  spec.mutable_stage(1)->set_start_from("stage:base");
  absl::StatusOr<RunPlan> plan = MakeRunPlan(spec, {{0, 2}, {0, 2}}, 1);
  EXPECT_EQ(plan.status(), absl::OkStatus());
  return *plan;
}

LedgerContents AfterOneStep() {
  LedgerContents contents;
  contents.steps.push_back({.version = 1, .stage = 0, .step = 0, .policy_digest = ""});
  contents.checkpoints.push_back(
      {.version = 1, .folder = CheckpointFolder(1), .policy_digest = ""});
  contents.evaluations.push_back({.stage = 0, .index = 0});
  return contents;
}

TEST(CheckContents, TakesWhatARunLeaves) {
  EXPECT_EQ(CheckContents(Plan(), {}), absl::OkStatus());
  EXPECT_EQ(CheckContents(Plan(), AfterOneStep()), absl::OkStatus());
}

TEST(CheckContents, AStageNeedsTheCheckpointThatItBeginsWith) {
  LedgerContents contents = AfterOneStep();
  contents.checkpoints.clear();
  const absl::Status checked = CheckContents(Plan(), contents);
  EXPECT_EQ(checked.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(checked.message(), HasSubstr("without the checkpoint of version 1"));
}

TEST(CheckContents, NoStepIsCommittedBeforeTheEvaluationsThatWereDue) {
  LedgerContents contents = AfterOneStep();
  contents.evaluations.clear();
  EXPECT_EQ(CheckContents(Plan(), contents), absl::OkStatus()) << "it is still to come";
  contents.steps.push_back({.version = 2, .stage = 1, .step = 0, .policy_digest = ""});
  const absl::Status checked = CheckContents(Plan(), contents);
  EXPECT_EQ(checked.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(checked.message(), HasSubstr("without evaluation 0 of stage 0"));
}

TEST(CheckContents, VersionsFollowEachOther) {
  LedgerContents contents = AfterOneStep();
  contents.steps[0].version = 2;
  EXPECT_EQ(CheckContents(Plan(), contents).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace gyre::coordinator

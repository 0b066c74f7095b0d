#include "coordinator/check_contents.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::coordinator {
namespace {

absl::Status Impossible(const std::string& what) {
  return absl::DataLossError(absl::StrCat(what, " cannot be in this run"));
}

absl::Status CheckGroups(const RunPlan& plan, const LedgerContents& contents) {
  const GroupRow* before = nullptr;
  for (const GroupRow& row : contents.groups) {
    if (row.key.stage >= plan.stages.size()) return Impossible(Describe(row.key));
    const StagePlan& stage = plan.stages[row.key.stage];
    const uint64_t slots = row.key.purpose == EVAL ? stage.eval_slots() : stage.train_slots();
    if (row.key.slot >= slots) return Impossible(Describe(row.key));
    // Attempts of a slot follow each other, each but the last one dropped.
    const bool follows = before != nullptr && before->key.stage == row.key.stage &&
                         before->key.purpose == row.key.purpose && before->key.slot == row.key.slot;
    const uint32_t expected = follows ? before->key.attempt + 1 : 0;
    const bool void_before = follows && before->state != GroupState::kDropped;
    if (row.key.attempt != expected || void_before || row.state == GroupState::kPending ||
        row.state == GroupState::kLeased) {
      return Impossible(Describe(row.key));
    }
    before = &row;
  }
  return absl::OkStatus();
}

absl::Status CheckSteps(const RunPlan& plan, const LedgerContents& contents) {
  int64_t version = 0;
  for (const StepRow& row : contents.steps) {
    ++version;
    const std::string name = absl::StrCat("version ", row.version);
    if (row.version != version || version > plan.end_version()) return Impossible(name);
    const RunPlan::Place place = plan.PlaceOf(version - 1);
    if (row.stage != place.stage || row.step != place.step) return Impossible(name);
  }
  for (const PolicyRow& row : contents.policies) {
    if (row.key.version < 0 || row.key.version > version || row.stage >= plan.stages.size()) {
      return Impossible(Describe(row.key));
    }
  }
  std::set<int64_t> checkpoints;
  for (const CheckpointRow& row : contents.checkpoints) {
    if (row.version < 0 || row.version > version) {
      return Impossible(absl::StrCat("the checkpoint of version ", row.version));
    }
    checkpoints.insert(row.version);
  }
  // A stage that begins with the weights of another needs their checkpoint.
  for (const StagePlan& stage : plan.stages) {
    if (stage.start != StagePlan::Start::kStageEnd || version < stage.base_version) continue;
    const int64_t end = plan.stages[stage.start_stage].end_version();
    if (!checkpoints.contains(end)) {
      return Impossible(
          absl::StrCat("version ", version, " without the checkpoint of version ", end));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEvaluations(const RunPlan& plan, const LedgerContents& contents) {
  std::map<uint32_t, uint32_t> done;
  for (const EvaluationRow& row : contents.evaluations) {
    if (row.stage >= plan.stages.size() || row.index != done[row.stage]++ ||
        row.index >= plan.stages[row.stage].evaluations.size()) {
      return Impossible(absl::StrCat("evaluation ", row.index, " of stage ", row.stage));
    }
  }
  // No step was committed before the evaluations that were due.
  const int64_t version = static_cast<int64_t>(contents.steps.size());
  for (const StagePlan& stage : plan.stages) {
    for (uint32_t i = done[stage.index]; i < stage.evaluations.size(); ++i) {
      if (version <= stage.base_version + stage.evaluations[i].step) continue;
      return Impossible(
          absl::StrCat("version ", version, " without evaluation ", i, " of stage ", stage.index));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckContents(const RunPlan& plan, const LedgerContents& contents) {
  GYRE_RETURN_IF_ERROR(CheckSteps(plan, contents));
  GYRE_RETURN_IF_ERROR(CheckGroups(plan, contents));
  GYRE_RETURN_IF_ERROR(CheckEvaluations(plan, contents));
  for (const StageRow& row : contents.stages) {
    if (row.stage >= plan.stages.size()) return Impossible(absl::StrCat("stage ", row.stage));
  }
  return absl::OkStatus();
}

}  // namespace gyre::coordinator

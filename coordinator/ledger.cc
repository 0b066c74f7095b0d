#include "coordinator/ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "coordinator/group_metrics.h"

namespace gyre::coordinator {

Ledger::Ledger(RunPlan plan, const LedgerContents& contents, absl::Time now)
    : plan_(std::move(plan)),
      life_began_(now),
      former_wall_seconds_(contents.run.wall_seconds),
      checkpoints_(plan_.checkpoints_kept),
      members_(contents.run.epoch + 1),
      ranks_(plan_.learner_ranks, contents.run.attempt),
      leases_(plan_.seed, contents.run.epoch + 1, plan_.limits) {
  for (const StagePlan& stage : plan_.stages) stages_.emplace_back(stage, tally_);
  for (const StepRow& row : contents.steps) steps_.Append(row);
  for (const PolicyRow& row : contents.policies) policies_.Publish(row);
  for (const CheckpointRow& row : contents.checkpoints) checkpoints_.Restore(row);
  RestoreStages(contents);
  Emit(PresentRunRow(now));
  if (stages_.front().times.begin_wall_seconds < 0) {
    stages_.front().times.begin_wall_seconds = WallSeconds(now);
    Emit(stages_.front().times);
  }
  Advance(now);
}

void Ledger::RestoreStages(const LedgerContents& contents) {
  for (const StageRow& row : contents.stages) stages_[row.stage].times = row;
  for (const EvaluationRow& row : contents.evaluations) {
    stages_[row.stage].evaluations.push_back(row.result);
  }
  for (const GroupRow& row : contents.groups) {
    const bool covered =
        row.state == GroupState::kConsumed && row.step_version <= checkpoints_.covered_version();
    LineOf(row.key).Restore(row, !covered && row.state != GroupState::kEvaluated);
    tokens_generated_ += row.numbers.policy_tokens();
  }
  while (!finished() && steps_.committed() >= stage_plan().end_version() &&
         stage().evaluations.size() == stage_plan().evaluations.size()) {
    ++stage_;
  }
}

RunRow Ledger::PresentRunRow(absl::Time now) const {
  return {.epoch = members_.epoch(), .attempt = ranks_.attempt(), .wall_seconds = WallSeconds(now)};
}

void Ledger::RecordWallTime(absl::Time now) { Emit(PresentRunRow(now)); }

void Ledger::Fail(const std::string& why) {
  if (failure_.empty()) failure_ = why;
  effects_.summary_due = true;
}

absl::Status Ledger::CheckNotFailed() const {
  if (failure_.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the run has failed: ", failure_));
}

bool Ledger::EvaluationDue() const {
  if (finished()) return false;
  const size_t done = stage().evaluations.size();
  const auto& points = stage_plan().evaluations;
  return done < points.size() && points[done].step == stage_step();
}

std::pair<uint64_t, uint64_t> Ledger::EvaluationSlots() const {
  const uint64_t begin = stage().evaluations.size() * stage_plan().eval_problems;
  return {begin, begin + stage_plan().eval_problems};
}

void Ledger::Advance(absl::Time now) {
  while (!finished()) {
    OpenSlots();
    if (EvaluationDue()) {
      if (CompleteEvaluation(now)) continue;
      return;
    }
    if (stage_step() < stage_plan().steps) {
      AssignStep();
      return;
    }
    BeginNextStage(now);
  }
}

void Ledger::OpenSlots() {
  if (EvaluationDue()) stage().eval.OpenUpTo(EvaluationSlots().second);
  if (!stage_plan().is_rl) return;
  const uint64_t steps = std::min<uint64_t>(
      stage_plan().steps, uint64_t{stage_step()} + stage_plan().max_policy_lag + 1);
  stage().train.OpenUpTo(steps * stage_plan().batch);
}

bool Ledger::CompleteEvaluation(absl::Time now) {
  const auto [begin, end] = EvaluationSlots();
  SlotLine& line = stage().eval;
  if (line.Settled(begin, end) < end - begin) return false;
  const uint32_t index = static_cast<uint32_t>(stage().evaluations.size());
  std::vector<const GroupNumbers*> groups;
  for (uint64_t slot = begin; slot < end; ++slot) {
    const GroupRow* row = line.Find(slot);
    if (row == nullptr) continue;  // void
    groups.push_back(&row->numbers);
    if (!row->transcript.empty()) Emit(TranscriptRow{row->transcript});
  }
  EvalResult result = EvaluateGroups(groups);
  result.set_unscored_samples(result.unscored_samples() +
                              line.LossesIn(begin, end).unscored_samples);
  result.set_stage(stage_plan().name);
  result.set_step(stage_step());
  result.set_version(steps_.committed());
  result.set_samples_per_problem(stage_plan().evaluations[index].samples_per_prompt);
  result.set_wall_seconds(WallSeconds(now));
  if (stage().eval_leased.has_value()) {
    result.set_seconds(absl::ToDoubleSeconds(now - *stage().eval_leased));
  }
  for (uint64_t slot = begin; slot < end; ++slot) {
    if (line.Find(slot) == nullptr) continue;
    line.Evaluate(slot);
    Emit(GroupStateRow{.key = line.PresentGroup(slot), .state = GroupState::kEvaluated});
  }
  line.Forget(begin, end);
  Emit(EvaluationRow{.stage = stage_, .index = index, .result = result});
  Emit(PresentRunRow(now));
  stage().evaluations.push_back(std::move(result));
  stage().eval_leased.reset();
  effects_.summary_due = true;
  return true;
}

void Ledger::BeginNextStage(absl::Time now) {
  stage().times.end_wall_seconds = WallSeconds(now);
  Emit(stage().times);
  ++stage_;
  if (finished()) {
    Emit(PresentRunRow(now));
    effects_.summary_due = true;
    return;
  }
  stage().times.begin_wall_seconds = WallSeconds(now);
  Emit(stage().times);
}

void Ledger::AssignStep() {
  if (assigned_ || !stage_plan().is_rl) return;
  const uint64_t begin = uint64_t{stage_step()} * stage_plan().batch;
  const uint64_t end = begin + stage_plan().batch;
  SlotLine& line = stage().train;
  if (line.Settled(begin, end) < end - begin) return;
  for (uint64_t slot = begin; slot < end; ++slot) {
    if (line.slot(slot).state != GroupState::kReady)
      continue;  // void, or assigned before a restart
    line.Assign(slot, steps_.committed() + 1);
    Emit(GroupStateRow{.key = line.PresentGroup(slot),
                       .state = GroupState::kAssigned,
                       .step_version = steps_.committed() + 1});
  }
  assigned_ = true;
}

const PolicyRow* Ledger::LivePolicy() const {
  if (finished() || !ranks_.alive() || !failure_.empty()) return nullptr;
  const PolicyRow* policy = policies_.NewestOf(ranks_.attempt());
  if (policy == nullptr || !PolicyTable::Serves(*policy, stage_plan())) return nullptr;
  return policy;
}

std::optional<PolicyKey> Ledger::live_policy() const {
  const PolicyRow* policy = LivePolicy();
  return policy == nullptr ? std::nullopt : std::optional(policy->key);
}

double Ledger::WallSeconds(absl::Time now) const {
  return former_wall_seconds_ + absl::ToDoubleSeconds(now - life_began_);
}

}  // namespace gyre::coordinator

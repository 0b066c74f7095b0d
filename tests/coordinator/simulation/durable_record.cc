#include "tests/coordinator/simulation/durable_record.h"

#include <variant>

#include "coordinator/slot_line.h"

namespace gyre::coordinator::simulation {

void DurableRecord::Apply(const std::vector<LedgerRow>& rows) {
  for (const LedgerRow& row : rows) {
    std::visit([this](const auto& each) { See(each); }, row);
  }
}

const GroupRow* DurableRecord::Find(const GroupKey& key) const {
  const auto found = groups_.find(key);
  return found == groups_.end() ? nullptr : &found->second;
}

bool DurableRecord::IsPublished(const PolicyKey& key) const {
  const auto found = policies_.find(key.version);
  return found != policies_.end() && found->second.key == key;
}

bool DurableRecord::CanBeFetched(const PolicyKey& key) const {
  return IsPublished(key) && policies_.at(key.version).manifest.has_id();
}

uint32_t DurableRecord::EvaluationsOf(uint32_t stage) const {
  const auto found = evaluations_of_stage_.find(stage);
  return found == evaluations_of_stage_.end() ? 0 : found->second;
}

void DurableRecord::Put(GroupState state, GroupRow& row) {
  row.state = state;
  ++in_state_[static_cast<int>(state)];
}

const CheckpointRow* DurableRecord::FindCheckpoint(int64_t version) const {
  const auto found = checkpoints_.find(version);
  return found == checkpoints_.end() ? nullptr : &found->second;
}

std::vector<GroupKey> DurableRecord::MembersOf(int64_t version) const {
  const RunPlan::Place place = world_.setup.plan.PlaceOf(version - 1);
  const uint64_t batch = world_.setup.plan.stages[place.stage].batch;
  std::vector<GroupKey> members;
  const GroupKey first{.stage = place.stage, .purpose = TRAIN, .slot = place.step * batch};
  for (auto at = groups_.lower_bound(first); at != groups_.end(); ++at) {
    const GroupKey& key = at->first;
    if (key.stage != place.stage || key.purpose != TRAIN || key.slot >= first.slot + batch) break;
    if (at->second.step_version == version) members.push_back(key);
  }
  return members;
}

void DurableRecord::See(const RunRow& row) {
  if (row.epoch < run_.epoch || row.attempt < run_.attempt ||
      row.wall_seconds < run_.wall_seconds) {
    world_.Violate("the run's row goes back: epoch ", run_.epoch, " → ", row.epoch, ", attempt ",
                   run_.attempt, " → ", row.attempt, ", wall seconds ", run_.wall_seconds, " → ",
                   row.wall_seconds);
  }
  run_ = row;
}

void DurableRecord::CheckPolicies(const GroupRow& row) {
  if (row.policies.empty()) world_.Violate(Describe(row.key), " names no policy");
  for (const PolicyKey& policy : row.policies) {
    if (!IsPublished(policy)) {
      world_.Violate(Describe(row.key), " was accepted with ", Describe(policy),
                     ", which nobody published");
    }
    const int64_t oldest = OldestFor(row.key);
    if (policy.version < oldest || policy.version > committed()) {
      world_.Violate(Describe(row.key), " was accepted with ", Describe(policy), "; ", oldest,
                     " to ", committed(), " are allowed");
    }
  }
}

void DurableRecord::See(const GroupRow& row) {
  const GroupKey& key = row.key;
  if (groups_.contains(key)) world_.Violate(Describe(key), " was accepted twice");
  if (row.state != GroupState::kReady && row.state != GroupState::kDropped) {
    world_.Violate(Describe(key), " is accepted in state ", static_cast<int>(row.state));
  }
  if (key.attempt > 0) {
    GroupKey before = key;
    --before.attempt;
    const GroupRow* former = Find(before);
    if (former == nullptr || former->state != GroupState::kDropped) {
      world_.Violate(Describe(key), " follows an attempt that was not dropped");
    }
  }
  CheckPolicies(row);
  Put(row.state, groups_[key] = row);
}

void DurableRecord::See(const GroupStateRow& row) {
  const auto found = groups_.find(row.key);
  if (found == groups_.end()) return world_.Violate(Describe(row.key), " was never accepted");
  const GroupState from = found->second.state;
  const bool trains = row.key.purpose == TRAIN;
  bool follows = false;
  switch (row.state) {
    case GroupState::kAssigned:
      follows = trains && from == GroupState::kReady && row.step_version == committed() + 1;
      break;
    case GroupState::kConsumed:
      follows = from == GroupState::kAssigned && row.step_version == committed() + 1 &&
                found->second.step_version == row.step_version;
      break;
    case GroupState::kEvaluated:
      follows = !trains && from == GroupState::kReady;
      break;
    case GroupState::kDropped:
      follows = from == GroupState::kReady && row.drop_reason == kStale;
      break;
    default:
      break;
  }
  if (!follows) {
    world_.Violate(Describe(row.key), " goes from state ", static_cast<int>(from), " to ",
                   static_cast<int>(row.state), " for version ", row.step_version, " at version ",
                   committed());
  }
  --in_state_[static_cast<int>(from)];
  Put(row.state, found->second);
  found->second.drop_reason = row.drop_reason;
  found->second.step_version = row.step_version;
}

void DurableRecord::CheckSettled(uint32_t stage, Purpose purpose, uint64_t begin, uint64_t end,
                                 GroupState state, int64_t step_version, const std::string& of) {
  for (uint64_t slot = begin; slot < end; ++slot) {
    int effects = 0;
    uint32_t failures = 0;
    const GroupKey first{.stage = stage, .purpose = purpose, .slot = slot};
    for (auto at = groups_.lower_bound(first); at != groups_.end(); ++at) {
      const GroupKey& key = at->first;
      if (key.stage != stage || key.purpose != purpose || key.slot != slot) break;
      effects += at->second.state == state && at->second.step_version == step_version;
      failures += at->second.state == GroupState::kDropped && at->second.drop_reason != kStale;
    }
    const bool is_void = failures >= world_.setup.plan.stages[stage].max_attempts;
    if (effects + is_void != 1) {
      world_.Violate(of, " has ", effects, " groups in slot ", slot, " after ", failures,
                     " failed attempts");
    }
  }
}

void DurableRecord::See(const StepRow& row) {
  if (row.version > 0 && row.version <= committed()) {
    StepRow& former = steps_[row.version - 1];
    if (!former.policy_digest.empty() && former.policy_digest != row.policy_digest &&
        !world_.setup.inexact_replay) {
      world_.Violate("version ", row.version, " was committed again with another digest");
    }
    former = row;
    return;
  }
  if (row.version != committed() + 1) {
    return world_.Violate("version ", row.version, " follows version ", committed());
  }
  const RunPlan::Place place = world_.setup.plan.PlaceOf(committed());
  if (row.stage != place.stage || row.step != place.step) {
    world_.Violate("version ", row.version, " was made by stage ", row.stage, " step ", row.step);
  }
  const StagePlan& stage = world_.setup.plan.stages[place.stage];
  if (stage.is_rl) {
    const uint64_t begin = uint64_t{place.step} * stage.batch;
    CheckSettled(place.stage, TRAIN, begin, begin + stage.batch, GroupState::kConsumed, row.version,
                 absl::StrCat("the step to version ", row.version));
  }
  steps_.push_back(row);
}

void DurableRecord::See(const PolicyRow& row) {
  if (row.key.version < 0 || row.key.version > committed()) {
    world_.Violate(Describe(row.key), " was published at version ", committed());
  }
  const auto former = policies_.find(row.key.version);
  if (former != policies_.end() && former->second.stage == row.stage &&
      former->second.key != row.key) {
    world_.Violate(Describe(row.key), " replaces ", Describe(former->second.key),
                   ", which was not withdrawn");
  }
  if (!row.manifest.has_id()) {
    const RunPlan& plan = world_.setup.plan;
    const int64_t lag =
        committed() == 0 ? 0 : plan.stages[plan.PlaceOf(committed() - 1).stage].max_policy_lag;
    if (former == policies_.end() || row.key.version >= committed() - lag) {
      world_.Violate(Describe(row.key), " is forgotten at version ", committed(),
                     ", but may be needed");
    }
  }
  policies_[row.key.version] = row;
}

void DurableRecord::See(const PolicyWithdrawnRow& row) {
  if (!world_.setup.inexact_replay) {
    world_.Violate("policy ", row.version, " was withdrawn in a run whose replays are exact");
  }
  policies_.erase(row.version);
}

void DurableRecord::See(const CheckpointRow& row) {
  if (row.version < 0 || row.version > committed()) {
    world_.Violate("a checkpoint of version ", row.version, " at version ", committed());
  }
  const bool newest = checkpoints_.empty() || checkpoints_.rbegin()->first <= row.version;
  if (row.removed && (newest || row.stage_end)) {
    world_.Violate("checkpoint ", row.folder, " is removed, but may be needed");
  }
  checkpoints_[row.version] = row;
}

void DurableRecord::See(const EvaluationRow& row) {
  if (row.index != evaluations_of_stage_[row.stage]++) {
    world_.Violate("evaluation ", row.index, " of stage ", row.stage, " is out of order");
  }
  const uint64_t problems = world_.setup.plan.stages[row.stage].eval_problems;
  CheckSettled(row.stage, EVAL, row.index * problems, (row.index + 1) * problems,
               GroupState::kEvaluated, 0, absl::StrCat("evaluation ", row.index));
  if (row.result.version() != committed()) {
    world_.Violate("an evaluation of version ", row.result.version(), " at ", committed());
  }
  evaluations_.push_back(row);
}

void DurableRecord::See(const StageRow& row) { stages_[row.stage] = row; }

void DurableRecord::See(const TranscriptRow& row) {
  if (!transcript_lines_.insert(row.line).second) {
    world_.Violate("a transcript is exported twice: ", row.line);
  }
  transcripts_.push_back(row.line);
}

void DurableRecord::CheckLoaded(const LedgerContents& contents) {
  const bool same = contents.run.epoch == run_.epoch && contents.run.attempt == run_.attempt &&
                    contents.groups.size() == groups_.size() &&
                    contents.steps.size() == steps_.size() &&
                    contents.policies.size() == policies_.size() &&
                    contents.checkpoints.size() == checkpoints_.size() &&
                    contents.evaluations.size() == evaluations_.size() &&
                    contents.stages.size() == stages_.size();
  if (!same) return world_.Violate("the store holds other rows than were written");
  for (const GroupRow& row : contents.groups) {
    const GroupRow* written = Find(row.key);
    if (written == nullptr || written->state != row.state || written->place != row.place ||
        written->drop_reason != row.drop_reason || written->step_version != row.step_version ||
        written->policies != row.policies) {
      return world_.Violate("the store holds ", Describe(row.key), " otherwise than written");
    }
  }
  for (const StepRow& row : contents.steps) {
    if (row.policy_digest != Step(row.version).policy_digest) {
      return world_.Violate("the store holds version ", row.version, " otherwise than written");
    }
  }
  for (const PolicyRow& row : contents.policies) {
    const PolicyRow& written = policies_.at(row.key.version);
    if (written.key != row.key || written.stage != row.stage || written.attempt != row.attempt ||
        written.manifest.has_id() != row.manifest.has_id()) {
      return world_.Violate("the store holds ", Describe(row.key), " otherwise than written");
    }
  }
}

}  // namespace gyre::coordinator::simulation

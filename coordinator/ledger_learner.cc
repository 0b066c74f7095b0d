#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/ledger.h"

namespace gyre::coordinator {

StartPoint Ledger::Start() const {
  StartPoint start;
  if (const CheckpointRow* checkpoint = checkpoints_.Newest(); checkpoint != nullptr) {
    start.set_version(checkpoint->version);
    start.set_checkpoint(checkpoint->folder);
    start.set_policy_digest(checkpoint->policy_digest);
  }
  return start;
}

absl::StatusOr<RendezvousReply> Ledger::Rendezvous(const RendezvousRequest& request, absl::Time now,
                                                   Arrival arrived) {
  GYRE_ASSIGN_OR_RETURN(const uint32_t rank,
                        HearRank(request.member(), request.attempt(), now, arrived));
  RendezvousReply reply;
  if (!ranks_.Arrive(rank, request.store_address())) return reply;
  reply.set_ready(true);
  reply.set_store_address(ranks_.store_address());
  *reply.mutable_start() = Start();
  return reply;
}

absl::StatusOr<NextStepReply> Ledger::NextStep(const NextStepRequest& request, absl::Time now,
                                               Arrival arrived) {
  GYRE_ASSIGN_OR_RETURN(const uint32_t rank,
                        HearRank(request.member(), request.attempt(), now, arrived));
  GYRE_RETURN_IF_ERROR(CheckNotFailed());
  Advance(now);
  NextStepReply reply;
  const int64_t present = steps_.committed();
  // A rank that foresees its steps may ask for one after another rank's commit of it, and the
  // checkpoint that it named. The plan alone answers for imitation; reinforcement's members are
  // gone.
  const bool forgotten =
      request.version() < checkpoints_.covered_version() &&
      (request.version() < 0 || plan_.stages[plan_.PlaceOf(request.version()).stage].is_rl);
  if (forgotten || request.version() > present + 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("no rank can be at version ", request.version(), ": the run is at version ",
                     present, ", its checkpoint at ", checkpoints_.covered_version()));
  }
  if (request.version() < present) {
    const RunPlan::Place place = plan_.PlaceOf(request.version());
    FillStep(place.stage, place.step, reply);
    reply.set_replay(true);
    return reply;
  }
  if (finished()) {
    reply.set_stage(plan_.stages.back().index);
    reply.set_step(plan_.stages.back().steps);
    reply.set_finished(true);
    return reply;
  }
  reply.set_stage(stage_);
  reply.set_step(stage_step());
  if (request.version() > present) {
    reply.set_wait(true);
    reply.set_waiting_for(absl::StrCat("the commit of version ", request.version()));
    return reply;
  }
  const bool evaluates = EvaluationDue();
  if (evaluates || stage_plan().is_rl) {
    const PolicyRow* policy = LivePolicy();
    if (policy == nullptr || policy->key.version != present) {
      if (rank == 0) {
        reply.set_publish(true);
        FillStageStart(stage_plan(), reply);
      } else {
        reply.set_wait(true);
        reply.set_waiting_for(absl::StrCat("rank 0 to publish policy ", present));
      }
      return reply;
    }
  }
  if (evaluates || (stage_plan().is_rl && !assigned_)) {
    reply.set_wait(true);
    reply.set_waiting_for(WaitingFor());
    return reply;
  }
  FillStep(stage_, stage_step(), reply);
  return reply;
}

void Ledger::FillStageStart(const StagePlan& stage, NextStepReply& reply) const {
  if (reply.step() != 0) return;
  reply.set_stage_begins(true);
  StageStart& start = *reply.mutable_start();
  switch (stage.start) {
    case StagePlan::Start::kPrevious:
      start.set_from(StageStart::PRESENT);
      break;
    case StagePlan::Start::kModel:
      start.set_from(StageStart::MODEL);
      break;
    case StagePlan::Start::kFolder:
      start.set_from(StageStart::FOLDER);
      start.set_folder(stage.start_folder);
      break;
    case StagePlan::Start::kStageEnd:
      start.set_from(StageStart::FOLDER);
      start.set_folder(checkpoints_.Find(plan_.stages[stage.start_stage].end_version())->folder);
      start.set_in_run_dir(true);
      break;
  }
}

void Ledger::FillStep(uint32_t stage_index, uint32_t step, NextStepReply& reply) const {
  const StagePlan& stage = plan_.stages[stage_index];
  reply.set_stage(stage_index);
  reply.set_step(step);
  reply.set_first_update(uint64_t{step} * stage.updates_per_step);
  reply.set_publish_after(plan_.PublishAfter(stage, step));
  reply.set_checkpoint_after(plan_.CheckpointAfter(stage, step));
  FillStageStart(stage, reply);
  if (!stage.is_rl) {
    reply.mutable_sft()->set_first_example(uint64_t{step} * stage.batch);
    reply.mutable_sft()->set_examples(stage.batch);
    return;
  }
  reply.mutable_rl();
  const uint64_t begin = uint64_t{step} * stage.batch;
  for (uint64_t slot = begin; slot < begin + stage.batch; ++slot) {
    const GroupRow* row = stages_[stage_index].train.Find(slot);
    if (row == nullptr) continue;  // void
    StepGroup& group = *reply.mutable_rl()->add_groups();
    *group.mutable_id() = ToProto(row->key);
    group.set_train_tokens(row->numbers.train_tokens());
    group.set_sequence_tokens(row->numbers.sequence_tokens());
  }
}

absl::StatusOr<std::vector<ShareEntry>> Ledger::Share(const ReadShareRequest& request,
                                                      absl::Time now) {
  GYRE_RETURN_IF_ERROR(HearRank(request.member(), request.attempt(), now).status());
  std::vector<ShareEntry> entries;
  for (const GroupId& id : request.groups()) {
    const GroupKey key = KeyOf(id);
    const GroupRow* row = key.stage < stages_.size() && key.purpose == TRAIN
                              ? stages_[key.stage].train.Find(key.slot)
                              : nullptr;
    if (row == nullptr || row->key != key ||
        (row->state != GroupState::kAssigned && row->state != GroupState::kConsumed)) {
      return absl::FailedPreconditionError(absl::StrCat(
          Describe(key), " belongs to no step that can be trained now; a checkpoint may cover it"));
    }
    entries.push_back({.group = key,
                       .place = row->place,
                       .temperature = plan_.stages[key.stage].train_sampling.temperature()});
  }
  return entries;
}

}  // namespace gyre::coordinator

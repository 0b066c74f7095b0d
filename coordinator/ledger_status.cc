#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "coordinator/ledger.h"

namespace gyre::coordinator {
namespace {

constexpr int kMaxMetricsLines = 100;

}  // namespace

std::string Ledger::InWords(const GroupKey& group) const {
  const StagePlan& stage = plan_.stages[group.stage];
  return absl::StrCat("stage \"", stage.name, "\"", group.purpose == EVAL ? " eval" : " train",
                      " slot ", group.slot, " attempt ", group.attempt, " (problem ",
                      DrawProblem(plan_.seed, stage, group).index, " of its source, from 0)");
}

std::string Ledger::EvaluationInWords() const {
  if (!EvaluationDue()) return "";
  const auto [begin, end] = EvaluationSlots();
  return absl::StrCat("step ", stage_step(), ": ", stage().eval.Settled(begin, end), " of ",
                      end - begin, " groups");
}

std::string Ledger::WaitingFor() const {
  if (!failure_.empty()) return "";
  if (finished()) return "";
  if (ranks_.joined() < ranks_.world_size() || !ranks_.alive()) {
    return absl::StrCat("learner ranks: ", ranks_.joined(), " of ", ranks_.world_size(),
                        " have joined attempt ", ranks_.attempt());
  }
  const PolicyRow* policy = LivePolicy();
  const bool current = policy != nullptr && policy->key.version == steps_.committed();
  const std::string step = absl::StrCat("step ", stage_step());
  if ((EvaluationDue() || stage_plan().is_rl) && !current) {
    return absl::StrCat("policy ", steps_.committed());
  }
  if (EvaluationDue()) return absl::StrCat("evaluation at ", EvaluationInWords());
  if (stage_plan().is_rl && !assigned_) {
    const uint64_t begin = uint64_t{stage_step()} * stage_plan().batch;
    return absl::StrCat(step, ": ", stage().train.Settled(begin, begin + stage_plan().batch),
                        " of ", stage_plan().batch, " groups");
  }
  return absl::StrCat("the learner's commit of ", step);
}

std::vector<EvalResult> Ledger::Evaluations() const {
  std::vector<EvalResult> results;
  for (const StageState& stage : stages_) {
    results.insert(results.end(), stage.evaluations.begin(), stage.evaluations.end());
  }
  return results;
}

std::vector<StageRow> Ledger::StageTimes(absl::Time now) const {
  std::vector<StageRow> times;
  for (const StageState& stage : stages_) {
    times.push_back(stage.times);
    if (times.back().begin_wall_seconds >= 0 && times.back().end_wall_seconds < 0) {
      times.back().end_wall_seconds = WallSeconds(now);
    }
  }
  return times;
}

PolicyKey Ledger::NewestPolicy() const {
  const PolicyRow* policy = policies_.Newest();
  const CheckpointRow* checkpoint = checkpoints_.Newest();
  if (checkpoint != nullptr && (policy == nullptr || checkpoint->version > policy->key.version)) {
    return {.version = checkpoint->version, .root_digest = checkpoint->policy_digest};
  }
  return policy == nullptr ? PolicyKey{} : policy->key;
}

GetStatusReply Ledger::Status(uint32_t metrics_after_line, absl::Time now) const {
  GetStatusReply reply;
  reply.set_run_name(plan_.name);
  reply.set_epoch(epoch());
  reply.set_finished(finished());
  const uint32_t last = static_cast<uint32_t>(plan_.stages.size()) - 1;
  const StagePlan& plan = plan_.stages[std::min(stage_, last)];
  reply.set_stage(plan.name);
  reply.set_stage_step(static_cast<uint32_t>(steps_.committed() - plan.base_version));
  reply.set_stage_steps(plan.steps);
  reply.set_version(steps_.committed());
  *reply.mutable_policy() = ToProto(NewestPolicy());
  reply.set_waiting_for(WaitingFor());
  *reply.mutable_groups() = tally_.ToProto();
  for (const auto& [id, member] : members_.members()) {
    MemberStatus& status = *reply.add_members();
    status.set_name(member.name);
    status.set_role(member.role);
    status.set_silent_seconds(absl::ToDoubleSeconds(now - member.last_heard));
    *status.mutable_waits() = member.last_heartbeat.waits();
    status.set_leased_groups(leases_.CountOf(id));
    status.set_sequences_running(member.last_heartbeat.sequences_running());
    status.set_tokens_generated(member.last_heartbeat.tokens_generated());
    status.set_joins(members_.JoinsOf(member.name));
  }
  const auto& rows = steps_.rows();
  for (size_t i = metrics_after_line; i < rows.size(); ++i) {
    if (reply.recent_metrics_size() == kMaxMetricsLines) break;
    *reply.add_recent_metrics() = rows[i].metrics;
  }
  reply.set_metrics_lines(rows.size());
  for (EvalResult& result : Evaluations()) *reply.add_evals() = std::move(result);
  reply.set_wall_seconds(WallSeconds(now));
  reply.set_evaluation(EvaluationInWords());
  reply.set_failure(failure_);
  return reply;
}

absl::Status Ledger::CheckInvariants() const {
  uint64_t counts[kGroupStates] = {};
  for (const StageState& stage : stages_) {
    stage.train.CountStates(counts);
    stage.eval.CountStates(counts);
  }
  for (int i = 0; i < kGroupStates; ++i) {
    if (counts[i] != tally_.in(static_cast<GroupState>(i))) {
      return absl::InternalError(absl::StrCat("state ", i, ": ", counts[i], " groups, tallied ",
                                              tally_.in(static_cast<GroupState>(i))));
    }
  }
  if (!tally_.Balanced()) return absl::InternalError("issued is not the sum over the states");
  if (leases_.size() != tally_.in(GroupState::kLeased)) {
    return absl::InternalError(absl::StrCat(leases_.size(), " leases for ",
                                            tally_.in(GroupState::kLeased), " leased groups"));
  }
  for (const StageState& stage : stages_) {
    for (const uint64_t slot : stage.train.ReadySlots()) {
      const GroupRow& row = *stage.train.Find(slot);
      const StagePlan& plan = plan_.stages[row.key.stage];
      for (const PolicyKey& policy : row.policies) {
        if (!policies_.IsPublished(policy)) {
          return absl::InternalError(
              absl::StrCat(Describe(row.key), " is ready with withdrawn ", Describe(policy)));
        }
        if (policy.version < plan.OldestVersion(slot / plan.batch)) {
          return absl::InternalError(absl::StrCat(Describe(row.key), " is older than it may be"));
        }
      }
    }
  }
  return absl::OkStatus();
}

std::string Ledger::DurableStateInWords() const {
  std::string words = absl::StrCat("stage ", stage_, " version ", steps_.committed(), " attempt ",
                                   ranks_.attempt(), " tokens ", tokens_generated_, "\n");
  for (const StepRow& row : steps_.rows()) {
    absl::StrAppend(&words, "step ", row.version, " ", absl::BytesToHexString(row.policy_digest),
                    " ", row.metrics.SerializeAsString().size(), "\n");
  }
  for (const auto& [version, row] : checkpoints_.all()) {
    absl::StrAppend(&words, "checkpoint ", version, " ", row.folder, row.removed, "\n");
  }
  for (const EvalResult& result : Evaluations()) absl::StrAppend(&words, result.ShortDebugString());
  for (const StageState& stage : stages_) {
    for (const SlotLine* line : {&stage.train, &stage.eval}) {
      for (uint64_t i = 0; i < line->open_slots(); ++i) {
        const SlotLine::Slot& slot = line->slot(i);
        // A lease is not durable.
        const GroupState state =
            slot.state == GroupState::kLeased ? GroupState::kPending : slot.state;
        const GroupRow* row = line->Find(i);
        absl::StrAppend(&words, Describe(line->PresentGroup(i)), " state ", static_cast<int>(state),
                        " failures ", slot.failures, " dropped tokens ", slot.dropped_tokens,
                        row == nullptr ? "" : row->place.file,
                        row == nullptr ? "" : row->numbers.ShortDebugString(), "\n");
      }
    }
  }
  return words;
}

}  // namespace gyre::coordinator

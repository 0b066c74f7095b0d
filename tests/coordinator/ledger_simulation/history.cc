#include "tests/coordinator/ledger_simulation/history.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace gyre::coordinator::simulation {

void History::Written(const std::vector<LedgerRow>& rows) {
  for (const LedgerRow& row : rows) WrittenRow(row);
}

void History::WrittenRow(const LedgerRow& row) {
  if (const auto* run = std::get_if<RunRow>(&row)) {
    if (run->epoch < epoch_) Fault("the epoch went back");
    epoch_ = run->epoch;
  } else if (const auto* group = std::get_if<GroupRow>(&row)) {
    const bool kept = group->state == GroupState::kReady;
    if (!kept) Saw(absl::StrCat("dropped: ", group->drop_reason));
    if (!kept && group->state != GroupState::kDropped) Fault("a group is stored ready or dropped");
    if (kept && !accepted_.insert(group->key).second) {
      Fault(absl::StrCat(Describe(group->key), " was accepted twice"));
    }
  } else if (const auto* state = std::get_if<GroupStateRow>(&row)) {
    WrittenState(*state);
  } else if (const auto* step = std::get_if<StepRow>(&row)) {
    if (step->version == committed_ + 1) {
      ++committed_;
    } else if (step->version > committed_) {
      Fault(absl::StrCat("version ", step->version, " followed ", committed_));
    }
  } else if (const auto* policy = std::get_if<PolicyRow>(&row)) {
    published_[policy->key.version] = policy->key.root_digest;
    ever_published_.insert(policy->key);
  } else if (const auto* withdrawn = std::get_if<PolicyWithdrawnRow>(&row)) {
    published_.erase(withdrawn->version);
  } else if (const auto* evaluation = std::get_if<EvaluationRow>(&row)) {
    if (!evaluated_.insert({evaluation->stage, evaluation->index}).second) {
      Fault("an evaluation was completed twice");
    }
  }
}

void History::WrittenState(const GroupStateRow& row) {
  if (!accepted_.contains(row.key)) {
    Fault(absl::StrCat(Describe(row.key), " moved on without being accepted"));
  }
  if (row.state == GroupState::kDropped) {
    accepted_.erase(row.key);
    Saw(absl::StrCat("dropped: ", row.drop_reason));
  }
  if (row.state == GroupState::kAssigned) members_[row.step_version].push_back(row.key);
  if (row.state != GroupState::kConsumed) return;
  if (!consumed_.emplace(std::pair(row.key.stage, row.key.slot), row.key).second) {
    Fault(absl::StrCat(Describe(row.key), ": its slot was consumed twice"));
  }
  const std::vector<GroupKey>& members = members_[row.step_version];
  if (std::find(members.begin(), members.end(), row.key) == members.end()) {
    Fault(absl::StrCat(Describe(row.key), " was consumed by a step that it is no member of"));
  }
}

void History::CheckAge(const GroupKey& group, int64_t version, const char* what) {
  const StagePlan& stage = plan_.stages[group.stage];
  const int64_t step_version =
      group.purpose == EVAL
          ? stage.base_version + stage.evaluations[group.slot / stage.eval_problems].step
          : stage.base_version + group.slot / stage.batch;
  const int64_t lag = group.purpose == EVAL ? 0 : stage.max_policy_lag;
  if (version > step_version || version < step_version - lag || version < stage.base_version) {
    Fault(absl::StrCat(Describe(group), " was ", what, " with version ", version,
                       ", its step begins at ", step_version, " and the lag is ", lag));
  }
}

void History::Leased(const LeaseGrants& grants, uint32_t free_sequences, uint32_t held_groups) {
  uint64_t sequences = 0;
  for (const LeaseGrant& grant : grants.grants) {
    CheckAge(grant.group, grant.policy.version, "leased");
    sequences += grant.sampling.samples();
  }
  const bool one_too_large = held_groups == 0 && grants.grants.size() == 1;
  if (sequences > free_sequences && !one_too_large) {
    Fault(absl::StrCat(sequences, " sequences for ", free_sequences, " free ones"));
  }
}

void History::Accepted(const Submission& submission) {
  for (const PolicyKey& policy : submission.policies) {
    CheckAge(submission.group, policy.version, "accepted");
    if (!ever_published_.contains(policy)) {
      Fault(absl::StrCat(Describe(submission.group), " was accepted with ", Describe(policy),
                         ", which nobody published"));
    }
  }
}

void History::GotStep(const NextStepReply& reply, int64_t version) {
  if (!reply.has_sft() && !reply.has_rl()) return;
  const StagePlan& stage = plan_.stages[reply.stage()];
  if (reply.replay()) Saw("replayed step");
  if (reply.rl().groups_size() < static_cast<int>(stage.batch) && stage.is_rl) Saw("void slot");
  if (reply.stage_begins() && reply.start().from() == StageStart::FOLDER) Saw("start from a stage");
  if (reply.first_update() != uint64_t{reply.step()} * stage.updates_per_step) {
    Fault("a step begins at another update");
  }
  if (stage.base_version + reply.step() != version) Fault("a step for another version");
  for (size_t i = 0; i < stage.evaluations.size(); ++i) {
    const bool due = stage.evaluations[i].step <= reply.step();
    if (due && !evaluated_.contains({reply.stage(), static_cast<uint32_t>(i)})) {
      Fault(absl::StrCat("step ", reply.step(), " was handed out before evaluation ", i));
    }
  }
  std::string words = absl::StrCat(reply.stage(), "/", reply.step(), ":");
  for (const StepGroup& group : reply.rl().groups()) {
    const GroupKey key = KeyOf(group.id());
    absl::StrAppend(&words, " ", Describe(key));
    const std::vector<GroupKey>& members = members_[version + 1];
    if (std::find(members.begin(), members.end(), key) == members.end()) {
      Fault(absl::StrCat(Describe(key), " was handed out before its membership was durable"));
    }
  }
  const auto [before, is_new] = handed_out_.emplace(version, words);
  if (!is_new && before->second != words) {
    Fault(absl::StrCat("version ", version, " was handed out as ", before->second, " and as ",
                       words));
  }
}

}  // namespace gyre::coordinator::simulation

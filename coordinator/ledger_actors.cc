#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/ledger.h"

namespace gyre::coordinator {
namespace {

absl::Status LeaseLost(const GroupKey& group, const std::string& why) {
  return absl::FailedPreconditionError(absl::StrCat("lease lost: ", Describe(group), " ", why));
}

bool SameSampling(const SamplingParameters& a, const SamplingParameters& b) {
  return a.samples() == b.samples() && a.max_response_tokens() == b.max_response_tokens() &&
         a.temperature() == b.temperature();
}

bool IsAccepted(GroupState state) {
  return state != GroupState::kPending && state != GroupState::kLeased;
}

// Why a group has no effect; empty if it has.
std::string DropReason(const StagePlan& stage, Purpose purpose, const GroupNumbers& numbers) {
  if (2 * numbers.scored_samples() < numbers.samples()) return "unscored";
  if (purpose == TRAIN && stage.drop_zero_variance_groups && numbers.zero_variance()) {
    return "zero_variance";
  }
  return "";
}

}  // namespace

// Pending slots whose step allows this policy. They are the lowest ones.
uint64_t Ledger::EligibleTrainSlots(const PolicyRow& policy) const {
  if (!stage_plan().is_rl || stage_step() >= stage_plan().steps) return 0;
  uint64_t eligible = 0;
  for (const uint64_t slot : stage().train.pending()) {
    if (policy.key.version < stage_plan().OldestVersion(slot / stage_plan().batch)) break;
    ++eligible;
  }
  return eligible;
}

absl::StatusOr<LeaseGrants> Ledger::LeaseGroups(const LeaseGroupsRequest& request, absl::Time now,
                                                Arrival arrived) {
  Tick(now);
  GYRE_ASSIGN_OR_RETURN(MemberTable::Member * member,
                        members_.Hear(request.member(), ACTOR, arrived.value_or(now)));
  GYRE_RETURN_IF_ERROR(CheckNotFailed());
  LeaseGrants reply{.finished = finished()};
  const PolicyRow* policy = LivePolicy();
  if (policy == nullptr) return reply;
  const bool evaluates = EvaluationDue() && policy->key.version == steps_.committed();
  const uint64_t eval_slots = evaluates ? stage().eval.pending().size() : 0;
  const uint64_t open = eval_slots + EligibleTrainSlots(*policy);
  const uint64_t actors = std::max<uint64_t>(1, members_.CountOf(ACTOR));
  const uint64_t quota = (open + actors - 1) / actors;
  uint64_t free_sequences = request.free_sequences();
  while (reply.grants.size() < quota) {
    const Purpose purpose = reply.grants.size() < eval_slots ? EVAL : TRAIN;
    SlotLine& line = purpose == EVAL ? stage().eval : stage().train;
    const uint64_t slot = *line.pending().begin();
    const GroupKey group = line.PresentGroup(slot);
    const SamplingParameters sampling = stage_plan().Sampling(purpose, slot);
    const bool fits = sampling.samples() <= free_sequences;
    // A group that never fits would never be made: an actor without work takes it in parts.
    if (!fits && (request.held_groups() > 0 || !reply.grants.empty())) break;
    free_sequences -= std::min<uint64_t>(free_sequences, sampling.samples());
    line.Lease(slot);
    const LeaseTable::Lease& lease = leases_.Grant(group, member->id, policy->key, now);
    if (purpose == EVAL && !stage().eval_leased.has_value()) stage().eval_leased = now;
    reply.grants.push_back({.lease_id = lease.id,
                            .group = group,
                            .problem = DrawProblem(plan_.seed, stage_plan(), group),
                            .sampling = sampling,
                            .policy = policy->key});
  }
  return reply;
}

absl::StatusOr<PolicyManifest> Ledger::GetPolicy(const GetPolicyRequest& request, absl::Time now) {
  Tick(now);
  GYRE_RETURN_IF_ERROR(members_.Hear(request.member(), ROLE_UNSPECIFIED, now).status());
  const PolicyKey key = KeyOf(request.policy());
  const PolicyRow* row = policies_.Find(key.version);
  if (row == nullptr || row->key != key || !row->manifest.has_id()) {
    return absl::NotFoundError(
        absl::StrCat(Describe(key), " was never published, or is forgotten"));
  }
  return row->manifest;
}

absl::StatusOr<std::vector<GroupKey>> Ledger::ReturnLeases(const ReturnLeasesRequest& request,
                                                           absl::Time now) {
  Tick(now);
  GYRE_ASSIGN_OR_RETURN(MemberTable::Member * member, members_.Hear(request.member(), ACTOR, now));
  std::vector<GroupKey> returned;
  for (const uint64_t id : request.lease_ids()) {
    const std::optional<LeaseTable::Lease> lease = leases_.Take(id, member->id);
    if (!lease.has_value()) continue;
    EndLease(*lease, LeaseEnd::kReturned);
    returned.push_back(lease->group);
    if (!request.cannot_be_made()) continue;
    SlotLine& line = LineOf(lease->group);
    line.CountRefusal(lease->group.slot, member->id);
    const SlotLine::Slot& slot = line.slot(lease->group.slot);
    // It may be the actor that is unsound, not the group, as long as another could try.
    const bool all_agree = slot.refused_by_others || members_.CountOf(ACTOR) == 1;
    if (slot.refusals < kMostFailures || !all_agree) continue;
    Fail(absl::StrCat(InWords(lease->group), " cannot be made: it was given back ", slot.refusals,
                      " times, last by ", member->name, ": ", request.reason()));
  }
  return returned;
}

absl::Status Ledger::CheckPolicy(const GroupKey& group, const PolicyKey& policy) const {
  const StagePlan& stage = plan_.stages[group.stage];
  const PolicyRow* row = policies_.Find(policy.version);
  if (row == nullptr || row->key != policy || !PolicyTable::Serves(*row, stage)) {
    // A version of an earlier stage is published, but not for this one.
    if (row == nullptr || row->key != policy || policy.version >= stage.base_version) {
      return absl::FailedPreconditionError(absl::StrCat(
          "policy never published: ", Describe(policy), ", used for ", Describe(group)));
    }
  }
  const int64_t oldest =
      group.purpose == EVAL ? steps_.committed() : stage.OldestVersion(group.slot / stage.batch);
  if (policy.version < oldest || (group.purpose == EVAL && policy.version != oldest)) {
    return absl::FailedPreconditionError(absl::StrCat("policy too old: ", Describe(group),
                                                      " needs version ", oldest, ", not ",
                                                      Describe(policy)));
  }
  return absl::OkStatus();
}

absl::Status Ledger::CheckPolicies(const Submission& submission) const {
  const GroupKey& group = submission.group;
  for (const PolicyKey& policy : submission.policies) {
    GYRE_RETURN_IF_ERROR(CheckPolicy(group, policy));
  }
  if (submission.policies.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Describe(group), " names no policy"));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Ledger::Awaits(const Submission& submission, absl::Time now) {
  Tick(now);
  GYRE_RETURN_IF_ERROR(members_.Hear(submission.member, ACTOR, now).status());
  const GroupKey& group = submission.group;
  if (group.stage >= stages_.size() || (group.purpose != TRAIN && group.purpose != EVAL)) {
    return absl::InvalidArgumentError(absl::StrCat("there is no ", Describe(group)));
  }
  const SlotLine& line = LineOf(group);
  if (group.slot >= line.open_slots()) return LeaseLost(group, "was never issued");
  const SlotLine::Slot& slot = line.slot(group.slot);
  if (group.attempt > slot.attempt) return LeaseLost(group, "was never issued");
  if (group.attempt < slot.attempt || IsAccepted(slot.state)) return false;
  const LeaseTable::Lease* lease = leases_.FindGroup(group);
  const bool holds = lease != nullptr ? lease->id == submission.lease_id
                                      : leases_.IsLast(group, submission.lease_id);
  if (!holds) {
    return LeaseLost(group, leases_.IsOf(group, submission.lease_id)
                                ? "was leased again"
                                : "is not the group that the lease was granted for");
  }
  const StagePlan& stage = plan_.stages[group.stage];
  if (!SameSampling(submission.sampling, stage.Sampling(group.purpose, group.slot))) {
    return absl::InvalidArgumentError(
        absl::StrCat(Describe(group), " was not sampled as its lease says"));
  }
  return true;
}

absl::StatusOr<Admission> Ledger::Admit(const Submission& submission, absl::Time now) {
  GYRE_ASSIGN_OR_RETURN(const bool awaited, Awaits(submission, now));
  if (!awaited) return Admission::kDuplicate;
  const GroupKey& group = submission.group;
  const StagePlan& stage = plan_.stages[group.stage];
  const LeaseTable::Lease* lease = leases_.FindGroup(group);
  if (const absl::Status checked = CheckPolicies(submission); !checked.ok()) {
    // Nothing will come of this lease; another actor may have the group at once.
    if (lease != nullptr) {
      const LeaseTable::Lease ended = *leases_.Take(lease->id, lease->member_id);
      EndLease(ended, LeaseEnd::kReturned);
    }
    return checked;
  }
  // An evaluation needs a group's numbers only; training needs its tokens.
  const bool trains =
      group.purpose == TRAIN && DropReason(stage, group.purpose, submission.numbers).empty();
  return trains ? Admission::kAcceptWithPayload : Admission::kAccept;
}

void Ledger::Accept(Submission submission, PayloadPlace place, std::string transcript,
                    absl::Time now) {
  const GroupKey group = submission.group;
  const StagePlan& stage = plan_.stages[group.stage];
  SlotLine& line = LineOf(group);
  leases_.Close(group);
  tokens_generated_ += submission.numbers.policy_tokens();
  GroupRow row{.key = group,
               .numbers = std::move(submission.numbers),
               .policies = std::move(submission.policies),
               .place = std::move(place),
               .transcript = std::move(transcript)};
  row.drop_reason = DropReason(stage, group.purpose, row.numbers);
  if (!row.drop_reason.empty()) {
    row.state = GroupState::kDropped;
    row.transcript.clear();
    line.Drop(group.slot, row.drop_reason, row.numbers, true);
  } else {
    line.Accept(row);
  }
  Emit(std::move(row));
  Advance(now);
}

}  // namespace gyre::coordinator

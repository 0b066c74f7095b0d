// How the coordinator takes a group, as coordinator/group_streams.cc does.
#include <utility>

#include "absl/strings/match.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "coordinator/check_group.h"
#include "coordinator/totals.h"
#include "tests/coordinator/simulation/coordinator_host.h"

namespace gyre::coordinator::simulation {
namespace {

SubmitGroupReply Duplicate() {
  SubmitGroupReply reply;
  reply.set_duplicate(true);
  return reply;
}

}  // namespace

void CoordinatorHost::SubmitGroup(const HandedIn& request, Answer<SubmitGroupReply> answer) {
  Group group;
  absl::StatusOr<Submission> submission = Receive(request, group);
  const GroupKey key = KeyOf(request.header.group());
  if (!submission.ok()) return AnswerGroup(key, submission.status(), std::move(answer));
  if (submission->policies.empty() && !group.has_id()) {
    return AnswerGroup(key, Duplicate(), std::move(answer));
  }
  const absl::StatusOr<Admission> foreseen = Admit(*submission);
  Settle(true);
  if (!foreseen.ok()) return AnswerGroup(key, foreseen.status(), std::move(answer));
  PayloadPlace place;
  if (*foreseen == Admission::kAcceptWithPayload) {
    const uint64_t step = key.slot / world_.setup.plan.stages[key.stage].batch;
    absl::StatusOr<PayloadPlace> appended =
        payloads_.Append(key.stage, static_cast<uint32_t>(step), group.SerializeAsString());
    GYRE_CHECK(appended.ok(), "memory has room for a payload");
    place = *std::move(appended);
  }
  // Others are heard while the payload is written.
  world_.schedule.After(absl::Milliseconds(world_.dice.Below(20)), [=, this, life = life_] {
    if (life != life_) return answer(absl::UnavailableError("the connection was lost"));
    Accept(*submission, group, place, answer);
  });
}

absl::StatusOr<Submission> CoordinatorHost::Receive(const HandedIn& request, Group& group) {
  const SubmitGroupRequest::Header& header = request.header;
  const GroupKey key = KeyOf(header.group());
  const RunPlan& plan = world_.setup.plan;
  if (key.stage >= plan.stages.size() || (key.purpose != TRAIN && key.purpose != EVAL) ||
      key.slot >= (key.purpose == EVAL ? plan.stages[key.stage].eval_slots()
                                       : plan.stages[key.stage].train_slots())) {
    return absl::InvalidArgumentError("there is no such group");
  }
  Submission submission;
  submission.member = header.member();
  submission.lease_id = header.lease_id();
  submission.group = key;
  submission.sampling = header.sampling();
  const absl::StatusOr<bool> awaited = ledger_->Awaits(AsAsked(submission), world_.now());
  if (awaited.ok()) witness_.leases().Heard(header.member(), world_.now());
  Settle(true);
  if (!awaited.ok()) {
    if (IsLeaseLost(awaited.status())) witness_.RefusedLease(submission);
    return awaited.status();
  }
  if (!*awaited) return submission;
  *group.mutable_id() = header.group();
  *group.mutable_sampling() = header.sampling();
  *group.mutable_prompt_token_ids() = header.prompt_token_ids();
  for (const Sample& sample : request.samples) *group.add_samples() = sample;
  GYRE_RETURN_IF_ERROR(CheckGroup(group, plan.stages[key.stage].Components(key.purpose)));
  const GroupTotals totals = ComputeTotals(
      group, MakeTotalsRule(world_.setup.spec.stage(static_cast<int>(key.stage)), key.purpose));
  submission.policies = PoliciesOf(group);
  submission.numbers = ComputeNumbers(group, totals, header.probe_difference());
  if (Has(Defect::kScoresOtherwise)) submission.numbers.set_solved(true);
  if (Has(Defect::kDropsWhatIsGood) && key.purpose == EVAL) {
    submission.numbers.set_scored_samples(0);
  }
  return submission;
}

Submission CoordinatorHost::AsAsked(const Submission& submission) const {
  Submission asked = submission;
  if (Has(Defect::kAcceptsAnyLease)) {
    asked.lease_id = witness_.leases().LeaseOf(submission.group).value_or(asked.lease_id);
  }
  if (Has(Defect::kAcceptsOldPolicies)) asked.policies = {ledger_->NewestPolicy()};
  return asked;
}

bool CoordinatorHost::IsLeaseLost(const absl::Status& status) {
  return absl::StartsWith(status.message(), "lease lost");
}

absl::StatusOr<Admission> CoordinatorHost::Admit(const Submission& submission) {
  const absl::StatusOr<Admission> admission = ledger_->Admit(AsAsked(submission), world_.now());
  if (admission.ok()) {
    witness_.leases().Heard(submission.member, world_.now());
    return admission;
  }
  if (IsLeaseLost(admission.status())) witness_.RefusedLease(submission);
  // A group with a wrong policy gives up its lease; other refusals change nothing.
  if (absl::StartsWith(admission.status().message(), "policy ")) {
    witness_.leases().Done(submission.group);
  }
  return admission;
}

void CoordinatorHost::Accept(const Submission& submission, const Group& group,
                             const PayloadPlace& place, Answer<SubmitGroupReply> answer) {
  const GroupKey key = submission.group;
  const absl::StatusOr<Admission> admission = Admit(submission);
  if (admission.ok() && *admission != Admission::kDuplicate) {
    witness_.Accepted(submission, group);
    const RunPlan& plan = world_.setup.plan;
    const StagePlan& stage = plan.stages[key.stage];
    const bool shown = key.purpose == EVAL ? key.slot % stage.eval_problems < stage.eval_transcripts
                                           : key.slot % stage.batch < plan.transcripts_per_step;
    ledger_->Accept(submission, place, shown ? Describe(key) : "", world_.now());
    world_.counts.Add("group accepted");
  }
  Settle(false);
  if (!admission.ok()) return AnswerGroup(key, admission.status(), std::move(answer));
  AnswerGroup(key, *admission == Admission::kDuplicate ? Duplicate() : SubmitGroupReply(),
              std::move(answer));
}

}  // namespace gyre::coordinator::simulation

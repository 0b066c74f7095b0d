// The service's calls on the ledger, as coordinator/coordinator_service.cc makes them.
#include <utility>

#include "tests/coordinator/simulation/coordinator_host.h"

namespace gyre::coordinator::simulation {
namespace {

absl::Status Gone() { return absl::UnavailableError("the connection was lost"); }

template <typename Reply>
absl::StatusOr<Reply> Wrap(const absl::Status& status) {
  if (!status.ok()) return status;
  return Reply();
}

}  // namespace

template <typename Reply>
void CoordinatorHost::AnswerDurably(absl::StatusOr<Reply> result, Answer<Reply> answer,
                                    std::function<void(const Reply&)> check) {
  const bool at_once = Has(Defect::kAnswersBeforeTheDisk);
  waiting_.push_back({.sequence = at_once ? durable_ : sequence_,
                      .release = [result = std::move(result), answer = std::move(answer),
                                  check = std::move(check)](bool durable) {
                        if (!durable) return answer(Gone());
                        if (check && result.ok()) check(*result);
                        answer(result);
                      }});
  ReleaseDurable();
}

template <typename Reply>
void CoordinatorHost::Poll(double wait_seconds, bool wakes,
                           std::function<absl::StatusOr<Reply>(absl::Time)> event,
                           std::function<bool(const Reply&)> done, Cancelled cancelled,
                           Answer<Reply> answer, std::function<void(const Reply&)> check) {
  const absl::Time arrived = world_.now();
  const absl::Time deadline = arrived + absl::Seconds(wait_seconds);
  auto ask = [=, this, quietly = !wakes]() mutable {
    absl::StatusOr<Reply> result = event(arrived);
    Settle(std::exchange(quietly, true));
    const bool over = !result.ok() || done(*result) || cancelled() || world_.now() >= deadline;
    if (over) AnswerDurably<Reply>(std::move(result), answer, check);
    return over;
  };
  if (ask()) return;
  polls_.push_back({.deadline = deadline, .ask = ask, .drop = [answer] { answer(Gone()); }});
  world_.schedule.After(deadline - world_.now(), [this] { WakePolls(); });
}

void CoordinatorHost::Join(const JoinRequest& request, Answer<JoinReply> answer) {
  absl::StatusOr<JoinReply> reply = ledger_->Join(request, world_.now());
  if (Has(Defect::kKeepsAnyClaim) && reply.ok()) {
    reply->clear_kept_leases();
    for (const HeldLease& held : request.held_leases()) reply->add_kept_leases(held.lease_id());
  }
  if (reply.ok()) witness_.Joined(request, *reply);
  Settle(false);
  AnswerDurably<JoinReply>(std::move(reply), std::move(answer),
                           [this](const JoinReply& joined) { witness_.Answered(joined); });
}

void CoordinatorHost::Heartbeat(const HeartbeatRequest& request, Answer<HeartbeatReply> answer) {
  absl::StatusOr<HeartbeatReply> reply = ledger_->Heartbeat(request, world_.now());
  if (Has(Defect::kEndsLeasesEarly) && reply.ok()) {
    for (const auto& lease : request.leases()) reply->add_lost_leases(lease.lease_id());
  }
  if (reply.ok()) {
    witness_.leases().Reported(request, *reply);
    witness_.leases().Heard(request.member(), world_.now());
  }
  Settle(true);
  if (!reply.ok()) return answer(reply);
  if (durable_ == sequence_) told_ = PresentNews();
  reply->set_finished(told_.finished);
  reply->clear_policy();
  if (told_.policy.has_value()) *reply->mutable_policy() = ToProto(*told_.policy);
  witness_.Answered(*reply);
  answer(reply);
}

void CoordinatorHost::Leave(const LeaveRequest& request, Answer<LeaveReply> answer) {
  const absl::Status status = ledger_->Leave(request, world_.now());
  if (status.ok()) witness_.leases().Left(request.member());
  Settle(false);
  AnswerDurably<LeaveReply>(Wrap<LeaveReply>(status), std::move(answer));
}

void CoordinatorHost::LeaseGroups(const LeaseGroupsRequest& request, Cancelled cancelled,
                                  Answer<LeaseGrants> answer) {
  Poll<LeaseGrants>(
      request.wait_seconds(), /*wakes=*/false,
      [this, request](absl::Time arrived) {
        LeaseGroupsRequest asked = request;
        if (Has(Defect::kLeasesWithoutRoom)) asked.set_free_sequences(1000);
        if (Has(Defect::kLeasesNothing) && !world_.faulty()) asked.set_free_sequences(0);
        if (Has(Defect::kLeasesNothing) && !world_.faulty()) asked.set_held_groups(1);
        absl::StatusOr<LeaseGrants> grants = ledger_->LeaseGroups(asked, world_.now(), arrived);
        if (grants.ok()) {
          witness_.leases().Heard(request.member(), arrived);
          witness_.Granted(request, *grants);
        }
        return grants;
      },
      [](const LeaseGrants& grants) { return grants.finished || !grants.grants.empty(); },
      std::move(cancelled), std::move(answer),
      [this](const LeaseGrants& grants) { witness_.Answered(grants); });
}

void CoordinatorHost::GetPolicy(const GetPolicyRequest& request, Answer<PolicyManifest> answer) {
  absl::StatusOr<PolicyManifest> manifest = ledger_->GetPolicy(request, world_.now());
  if (manifest.ok()) witness_.leases().Heard(request.member(), world_.now());
  Settle(true);
  if (absl::IsNotFound(manifest.status())) witness_.NotFound(KeyOf(request.policy()));
  AnswerDurably<PolicyManifest>(std::move(manifest), std::move(answer));
}

void CoordinatorHost::AnswerGroup(const GroupKey& key, absl::StatusOr<SubmitGroupReply> reply,
                                  Answer<SubmitGroupReply> answer) {
  if (reply.ok() && reply->duplicate()) world_.counts.Add("group handed in again");
  AnswerDurably<SubmitGroupReply>(std::move(reply), std::move(answer),
                                  [this, key](const SubmitGroupReply&) { witness_.Answered(key); });
}

void CoordinatorHost::ReturnLeases(const ReturnLeasesRequest& request,
                                   Answer<ReturnLeasesReply> answer) {
  const absl::Status status = ledger_->ReturnLeases(request, world_.now()).status();
  if (status.ok()) {
    witness_.leases().Heard(request.member(), world_.now());
    witness_.leases().Returned(request);
  }
  Settle(false);
  AnswerDurably<ReturnLeasesReply>(Wrap<ReturnLeasesReply>(status), std::move(answer));
}

void CoordinatorHost::Rendezvous(const RendezvousRequest& request, Cancelled cancelled,
                                 Answer<RendezvousReply> answer) {
  Poll<RendezvousReply>(
      10, /*wakes=*/true,
      [this, request](absl::Time arrived) {
        return ledger_->Rendezvous(request, world_.now(), arrived);
      },
      [](const RendezvousReply& reply) { return reply.ready(); }, std::move(cancelled),
      std::move(answer));
}

void CoordinatorHost::NextStep(const NextStepRequest& request, Cancelled cancelled,
                               Answer<NextStepReply> answer) {
  Poll<NextStepReply>(
      request.wait_seconds(), /*wakes=*/false,
      [this, request](absl::Time arrived) {
        absl::StatusOr<NextStepReply> reply = ledger_->NextStep(request, world_.now(), arrived);
        if (Has(Defect::kDropsMember) && reply.ok() && reply->rl().groups_size() > 0) {
          reply->mutable_rl()->mutable_groups()->RemoveLast();
        }
        return reply;
      },
      [](const NextStepReply& reply) { return !reply.wait(); }, std::move(cancelled),
      std::move(answer),
      [this, request](const NextStepReply& reply) { witness_.Answered(request, reply); });
}

void CoordinatorHost::ReadShare(const ReadShareRequest& request,
                                Answer<std::vector<ReadGroup>> answer) {
  const absl::StatusOr<std::vector<ShareEntry>> entries = ledger_->Share(request, world_.now());
  Settle(true);
  if (!entries.ok()) {
    return AnswerDurably<std::vector<ReadGroup>>(entries.status(), std::move(answer));
  }
  std::vector<ReadGroup> groups;
  for (const ShareEntry& entry : *entries) {
    const ShareEntry& read_from = Has(Defect::kSwapsPayloads) ? entries->front() : entry;
    const absl::StatusOr<std::string> payload = payloads_.Read(read_from.place);
    ReadGroup& read = groups.emplace_back();
    read.entry = entry;
    if (!payload.ok() || !read.group.ParseFromString(*payload) ||
        KeyOf(read.group.id()) != entry.group) {
      world_.Violate("the payload of ", Describe(entry.group), " is lost or another's");
    }
  }
  AnswerDurably<std::vector<ReadGroup>>(std::move(groups), std::move(answer));
}

void CoordinatorHost::CommitStep(const CommitStepRequest& request, Answer<CommitStepReply> answer) {
  const int64_t before = ledger_->version();
  CommitStepRequest asked = request;
  if (Has(Defect::kCommitsAnother) && !asked.has_manifest() && !asked.policy_digest().empty()) {
    asked.mutable_policy_digest()->front() ^= 1;
  }
  absl::Status status = ledger_->CommitStep(asked, world_.now());
  if (Has(Defect::kTrustsRanks)) status = absl::OkStatus();
  if (status.ok()) {
    world_.counts.Add(ledger_->version() > before ? "step committed" : "step committed again");
    if (world_.setup.inexact_replay && ledger_->version() == before) {
      witness_.leases().PoliciesWithdrawn();
    }
  }
  Settle(false);
  AnswerDurably<CommitStepReply>(
      Wrap<CommitStepReply>(status), std::move(answer),
      [this, request](const CommitStepReply&) { witness_.Answered(request); });
}

void CoordinatorHost::PublishPolicy(const PublishPolicyRequest& request,
                                    Answer<PublishPolicyReply> answer) {
  const absl::Status status = ledger_->PublishPolicy(request, world_.now());
  if (status.ok()) {
    world_.counts.Add("policy published outside of a commit");
    if (world_.setup.inexact_replay) witness_.leases().PoliciesWithdrawn();
  }
  Settle(false);
  AnswerDurably<PublishPolicyReply>(
      Wrap<PublishPolicyReply>(status), std::move(answer),
      [this, request](const PublishPolicyReply&) { witness_.Answered(request); });
}

void CoordinatorHost::RecordCheckpoint(const RecordCheckpointRequest& request,
                                       Answer<RecordCheckpointReply> answer) {
  const absl::Status status = ledger_->RecordCheckpoint(request, world_.now());
  if (status.ok()) world_.counts.Add("checkpoint recorded before a stop");
  Settle(false);
  AnswerDurably<RecordCheckpointReply>(
      Wrap<RecordCheckpointReply>(status), std::move(answer),
      [this, request](const RecordCheckpointReply&) { witness_.Answered(request); });
}

}  // namespace gyre::coordinator::simulation

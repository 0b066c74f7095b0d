#include "tests/coordinator/simulation/witness.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "coordinator/check_contents.h"
#include "tests/coordinator/simulation/fake_samples.h"

namespace gyre::coordinator::simulation {

void Witness::Loaded(const LedgerContents& contents, const Ledger& ledger) {
  leases_.emplace(world_);
  present_.emplace(record_);
  record_.CheckLoaded(contents);
  if (const absl::Status checked = CheckContents(world_.setup.plan, contents); !checked.ok()) {
    world_.Violate("what is stored is refused: ", checked.ToString());
  }
  if (ledger.epoch() != record_.epoch() + 1) {
    world_.Violate("epoch ", ledger.epoch(), " follows epoch ", record_.epoch());
  }
  if (ledger.version() != record_.committed()) {
    world_.Violate("version ", ledger.version(), " was loaded, ", record_.committed(), " written");
  }
  if (!durable_words_.empty() && ledger.DurableStateInWords() != durable_words_) {
    world_.Violate("the state that was loaded is not the one that was written:\n",
                   ledger.DurableStateInWords(), "instead of\n", durable_words_);
  }
  version_ = ledger.version();
  finished_ = ledger.finished();
}

void Witness::Crashed() {
  leases_.reset();
  present_.reset();
}

void Witness::Happened(const Ledger& ledger, const std::vector<LedgerRow>& rows) {
  present_->Apply(rows);
  if (!rows.empty()) present_->CheckBalance(ledger.tally());
  if (const absl::Status held = ledger.CheckInvariants(); !held.ok()) {
    world_.Violate("invariant: ", held.ToString());
  }
  if (!ledger.failure().empty()) world_.Violate("the run failed: ", ledger.failure());
  if (ledger.version() < version_ || ledger.version() > version_ + 1) {
    world_.Violate("version ", version_, " became ", ledger.version(), " in one event");
  }
  if (finished_ && !ledger.finished()) world_.Violate("the run is no longer finished");
  version_ = ledger.version();
  finished_ = ledger.finished();
}

void Witness::Written(const std::vector<LedgerRow>& rows, std::string words) {
  record_.Apply(rows);
  for (const LedgerRow& row : rows) CountWritten(row);
  durable_words_ = std::move(words);
}

void Witness::CountWritten(const LedgerRow& row) {
  if (const auto* group = std::get_if<GroupRow>(&row)) {
    if (!group->drop_reason.empty()) world_.counts.Add("group dropped: " + group->drop_reason);
  } else if (const auto* state = std::get_if<GroupStateRow>(&row)) {
    if (!state->drop_reason.empty()) world_.counts.Add("group dropped: " + state->drop_reason);
  } else if (std::holds_alternative<PolicyWithdrawnRow>(row)) {
    world_.counts.Add("policy withdrawn");
  } else if (std::holds_alternative<TranscriptRow>(row)) {
    world_.counts.Add("transcript exported");
  }
}

void Witness::Joined(const JoinRequest& request, const JoinReply& reply) {
  CheckClaims(request, reply);
  leases_->Joined(request, reply);
}

void Witness::CheckClaims(const JoinRequest& request, const JoinReply& reply) {
  std::set<uint64_t> kept;
  for (const uint64_t id : reply.kept_leases()) {
    if (!kept.insert(id).second) world_.Violate("lease ", id, " is kept twice");
    const bool told = std::any_of(
        request.held_leases().begin(), request.held_leases().end(), [&](const HeldLease& held) {
          return held.lease_id() == id && world_.told_leases.IsOf(id, KeyOf(held.group()));
        });
    if (!told) {
      world_.Violate("a lie was accepted: ", request.name(), " keeps lease ", id,
                     " of a group that it was never granted for");
    }
  }
}

void Witness::Granted(const LeaseGroupsRequest& request, const LeaseGrants& grants) {
  for (const LeaseGrant& grant : grants.grants) present_->CheckGrant(grant);
  leases_->Granted(request, grants);
}

void Witness::Accepted(const Submission& submission, const Group& group) {
  leases_->Done(submission.group);
  if (!world_.told_leases.IsOf(submission.lease_id, submission.group)) {
    world_.Violate("a lie was accepted: ", Describe(submission.group), " under lease ",
                   submission.lease_id, ", which was never granted for it");
  }
  if (!leases_->Granted(submission.lease_id)) {
    world_.counts.Add("group of a former epoch accepted");
  }
  for (const Sample& sample : group.samples()) {
    if (sample.text() == kLie) {
      return world_.Violate("a lie was accepted as ", Describe(submission.group));
    }
  }
}

void Witness::RefusedLease(const Submission& submission) {
  if (leases_->InForce(submission.group, submission.lease_id)) {
    world_.Violate(Describe(submission.group), " is refused under the lease in force");
  }
}

void Witness::NotFound(const PolicyKey& policy) {
  if (present_->CanBeFetched(policy)) {
    world_.Violate(Describe(policy), " is published, and is said not to be");
  }
}

void Witness::Answered(const JoinReply& reply) {
  if (reply.member().epoch() != record_.epoch()) {
    world_.Violate("a member joined epoch ", reply.member().epoch(), ", which is not written");
  }
  if (reply.has_rank() && reply.rank().attempt() > record_.attempt()) {
    world_.Violate("attempt ", reply.rank().attempt(), " is told of, but not written");
  }
}

void Witness::Answered(const HeartbeatReply& reply) {
  if (reply.has_policy() && !record_.IsPublished(KeyOf(reply.policy()))) {
    world_.Violate("a heartbeat names ", Describe(KeyOf(reply.policy())), ", which is not written");
  }
  if (reply.finished() && record_.committed() != world_.setup.plan.end_version()) {
    world_.Violate("a heartbeat says that the run is finished, which is not written");
  }
}

void Witness::Answered(const LeaseGrants& reply) {
  for (const LeaseGrant& grant : reply.grants) {
    if (!world_.told_leases.Add(grant.lease_id, grant.group)) {
      world_.Violate("lease ", grant.lease_id, " is granted for a second group, ",
                     Describe(grant.group));
    }
    if (!record_.IsPublished(grant.policy) && !world_.setup.inexact_replay) {
      world_.Violate(Describe(grant.group), " is to be made with ", Describe(grant.policy),
                     ", which is not written");
    }
    if (grant.group.attempt == 0) continue;
    GroupKey before = grant.group;
    --before.attempt;
    const GroupRow* row = record_.Find(before);
    if (row == nullptr || row->state != GroupState::kDropped) {
      world_.Violate(Describe(grant.group), " is leased before the end of ", Describe(before),
                     " is written");
    }
  }
}

void Witness::Answered(const GroupKey& submitted) {
  if (record_.Find(submitted) == nullptr) {
    world_.Violate(Describe(submitted), " is said to be accepted, but is not written");
  }
}

void Witness::Answered(const NextStepRequest& request, const NextStepReply& reply) {
  if (reply.wait() || reply.publish() || reply.finished()) return;
  if (reply.replay()) world_.counts.Add("step handed out for replay");
  const StagePlan& stage = world_.setup.plan.stages[reply.stage()];
  const auto due =
      std::count_if(stage.evaluations.begin(), stage.evaluations.end(),
                    [&](const EvaluationPoint& point) { return point.step <= reply.step(); });
  if (record_.EvaluationsOf(reply.stage()) < due) {
    world_.Violate("step ", reply.step(), " of stage ", reply.stage(), " is handed out after ",
                   record_.EvaluationsOf(reply.stage()), " of ", due, " evaluations");
  }
  const int64_t version = request.version() + 1;
  if (reply.replay() != (version <= record_.committed()) && !reply.replay()) {
    // Asked before, answered after somebody else's commit; the members are the same.
    world_.counts.Add("step answered after its commit");
  }
  if (!reply.has_rl()) return;
  if (reply.rl().groups_size() < static_cast<int>(stage.batch)) {
    world_.counts.Add("step with a void slot");
  }
  const std::vector<GroupKey> members = record_.MembersOf(version);
  bool same = members.size() == static_cast<size_t>(reply.rl().groups_size());
  for (size_t i = 0; same && i < members.size(); ++i) {
    same = KeyOf(reply.rl().groups(static_cast<int>(i)).id()) == members[i];
  }
  if (!same) {
    world_.Violate("the step to version ", version, " is handed out with ",
                   reply.rl().groups_size(), " members, ", members.size(), " are written");
  }
}

void Witness::Answered(const CommitStepRequest& request) {
  if (request.version() > record_.committed()) {
    world_.Violate("version ", request.version(), " is said to be committed, but is not written");
  }
}

void Witness::Answered(const PublishPolicyRequest& request) {
  if (!record_.IsPublished(KeyOf(request.manifest().id())) && !world_.setup.inexact_replay) {
    world_.Violate("policy ", request.manifest().id().version(),
                   " is said to be published, but is not written");
  }
}

void Witness::Answered(const RecordCheckpointRequest& request) {
  if (record_.FindCheckpoint(request.version()) == nullptr) {
    world_.Violate("checkpoint ", request.version(), " is said to be recorded, but is not written");
  }
}

}  // namespace gyre::coordinator::simulation

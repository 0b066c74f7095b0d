#include "tests/coordinator/simulation/witness.h"

#include <cmath>
#include <utility>

#include "coordinator/check_contents.h"
#include "tests/coordinator/simulation/fake_samples.h"

namespace gyre::coordinator::simulation {

void Witness::Loaded(const LedgerContents& contents, const Ledger& ledger) {
  leases_.emplace(world_);
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

void Witness::Crashed() { leases_.reset(); }

void Witness::Happened(const Ledger& ledger) {
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
  durable_words_ = std::move(words);
}

void Witness::Accepted(const Submission& submission, const Group& group) {
  leases_->Done(submission.group);
  for (const Sample& sample : group.samples()) {
    if (sample.text() == kLie) {
      return world_.Violate("a lie was accepted as ", Describe(submission.group));
    }
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

void Witness::Answered(const LeaseGrants& reply) {
  for (const LeaseGrant& grant : reply.grants) {
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
  const int64_t version = request.version() + 1;
  if (reply.replay() != (version <= record_.committed()) && !reply.replay()) {
    // Asked before, answered after somebody else's commit; the members are the same.
    world_.counts.Add("step answered after its commit");
  }
  if (!reply.has_rl()) return;
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

void Witness::CheckEnd(const Ledger& ledger) {
  const GroupTally& tally = ledger.tally();
  for (const GroupState state :
       {GroupState::kPending, GroupState::kLeased, GroupState::kReady, GroupState::kAssigned}) {
    if (tally.in(state) > 0) {
      world_.Violate("the run is finished with ", tally.in(state), " groups in state ",
                     static_cast<int>(state));
    }
  }
  if (tally.issued() != record_.groups().size()) {
    world_.Violate(tally.issued(), " groups were issued, ", record_.groups().size(), " written");
  }
  const int64_t end = world_.setup.plan.end_version();
  if (record_.committed() != end) world_.Violate("the run ended at ", record_.committed());
  const CheckpointRow* checkpoint = record_.FindCheckpoint(end);
  if (checkpoint == nullptr || checkpoint->removed) {
    return world_.Violate("the run ended without a checkpoint");
  }
  if (world_.setup.inexact_replay) return;
  if (checkpoint->policy_digest != expected_.digests.back()) {
    world_.Violate("the run ended with another policy than a run without faults");
  }
  for (int64_t version = 1; version <= end; ++version) {
    const std::string& digest = record_.Step(version).policy_digest;
    if (!digest.empty() && digest != expected_.digests[version]) {
      world_.Violate("version ", version, " is another policy than without faults");
    }
  }
  CheckFates();
  CheckEvaluations();
}

void Witness::CheckFates() {
  for (const auto& [key, row] : record_.groups()) {
    const auto expected = expected_.groups.find(key);
    const ExpectedRun::Fate fate{.state = row.state, .drop_reason = row.drop_reason};
    if (expected == expected_.groups.end() || !(expected->second == fate)) {
      world_.Violate(Describe(key), " ended in state ", static_cast<int>(row.state), " ",
                     row.drop_reason, ", otherwise than without faults");
    }
  }
  if (record_.groups().size() != expected_.groups.size()) {
    world_.Violate(record_.groups().size(), " groups were issued, ", expected_.groups.size(),
                   " without faults");
  }
}

void Witness::CheckEvaluations() {
  if (record_.evaluations().size() != expected_.evaluations.size()) {
    return world_.Violate(record_.evaluations().size(), " evaluations, ",
                          expected_.evaluations.size(), " without faults");
  }
  for (size_t i = 0; i < expected_.evaluations.size(); ++i) {
    const EvalResult& result = record_.evaluations()[i].result;
    const EvalResult& expected = expected_.evaluations[i];
    if (result.problems() != expected.problems() ||
        std::abs(result.accuracy() - expected.accuracy()) > 1e-9 ||
        std::abs(result.pass_at_k() - expected.pass_at_k()) > 1e-9) {
      world_.Violate("evaluation ", i,
                     " came out otherwise than without faults: ", result.ShortDebugString(),
                     " instead of ", expected.ShortDebugString());
    }
  }
}

}  // namespace gyre::coordinator::simulation

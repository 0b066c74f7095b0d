#include "tests/coordinator/ledger_simulation/simulated_actor.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "coordinator/lease_id.h"
#include "tests/coordinator/ledger_simulation/content.h"

namespace gyre::coordinator::simulation {

void SimulatedActor::Start() {
  Join();
  HeartbeatSoon();
  AskSoon();
}

void SimulatedActor::Join() {
  if (std::exchange(joining_, true)) return;
  JoinRequest request;
  request.set_role(ACTOR);
  request.set_name(name_);
  for (const auto& [id, work] : works_) {
    HeldLease& held = *request.add_held_leases();
    held.set_lease_id(id);
    *held.mutable_group() = ToProto(work.grant.group);
  }
  world_.Call<JoinReply>(
      self(), absl::StrCat(name_, " joins"),
      [request](Ledger& ledger, absl::Time now) { return ledger.Join(request, now); },
      [this](absl::StatusOr<JoinReply> reply) {
        joining_ = false;
        if (!reply.ok()) {
          world_.After(absl::Milliseconds(300), self(), [this] { Join(); });
          return;
        }
        member_ = reply->member();
        if (reply->kept_leases_size() > 0) world_.history().Saw("kept lease");
        // What was not kept may be handed in late all the same.
        std::erase_if(works_, [&](const auto& entry) {
          const auto& kept = reply->kept_leases();
          return std::find(kept.begin(), kept.end(), entry.first) == kept.end() &&
                 world_.Chance(0.7);
        });
      });
}

void SimulatedActor::HeartbeatSoon() {
  world_.After(absl::Seconds(1), self(), [this] {
    HeartbeatSoon();
    HeartbeatRequest request;
    *request.mutable_member() = member_;
    for (const auto& [id, work] : works_) {
      HeartbeatRequest::LeaseProgress& progress = *request.add_leases();
      progress.set_lease_id(id);
      progress.set_tokens(work.tokens);
      progress.set_waiting_for_rewarder(work.waits_for_rewarder);
    }
    world_.Call<HeartbeatReply>(
        self(), absl::StrCat(name_, " beats"),
        [request](Ledger& ledger, absl::Time now) { return ledger.Heartbeat(request, now); },
        [this](absl::StatusOr<HeartbeatReply> reply) {
          if (absl::IsFailedPrecondition(reply.status())) Join();
          if (!reply.ok()) return;
          newest_policy_ = KeyOf(reply->policy());
          if (reply->lost_leases_size() > 0) world_.history().Saw("lost lease");
          for (const uint64_t lost : reply->lost_leases()) {
            if (world_.Chance(0.8)) works_.erase(lost);
          }
        });
  });
}

uint32_t SimulatedActor::UsedSequences() const {
  uint32_t used = 0;
  for (const auto& [id, work] : works_) used += work.grant.sampling.samples();
  return used;
}

void SimulatedActor::AskSoon() {
  world_.After(absl::Milliseconds(world_.Uniform(50, 700)), self(), [this] {
    AskSoon();
    Ask();
  });
}

void SimulatedActor::Ask() {
  if (member_.epoch() == 0 || asking_ || joining_ || UsedSequences() >= capacity_) return;
  asking_ = true;
  LeaseGroupsRequest request;
  *request.mutable_member() = member_;
  request.set_free_sequences(capacity_ - UsedSequences());
  request.set_held_groups(static_cast<uint32_t>(works_.size()));
  world_.Call<LeaseGrants>(
      self(), absl::StrCat(name_, " asks"),
      [&world = world_, request](Ledger& ledger, absl::Time now) {
        absl::StatusOr<LeaseGrants> grants = ledger.LeaseGroups(request, now);
        if (grants.ok()) {
          world.history().Leased(*grants, request.free_sequences(), request.held_groups());
        }
        return grants;
      },
      [this](absl::StatusOr<LeaseGrants> grants) {
        asking_ = false;
        if (absl::IsFailedPrecondition(grants.status())) Join();
        if (!grants.ok()) return;
        for (const LeaseGrant& grant : grants->grants) Begin(grant);
      });
}

void SimulatedActor::Begin(const LeaseGrant& grant) {
  const uint64_t id = grant.lease_id;
  works_[id] = {.grant = grant, .tokens_to_make = 1 + world_.Draw() % 30};
  const bool no_policy = world_.faulty() && world_.Chance(world_.run().faults.lose_policy);
  if (no_policy || (world_.faulty() && world_.Chance(world_.run().faults.return_lease))) {
    world_.After(absl::Seconds(world_.Uniform(0, 2)), self(), [this, id] { Return(id); });
    return;
  }
  world_.After(absl::Milliseconds(world_.Uniform(10, 500)), self(), [this, id] { Generate(id); });
}

void SimulatedActor::Return(uint64_t lease_id) {
  if (works_.erase(lease_id) == 0) return;
  ReturnLeasesRequest request;
  *request.mutable_member() = member_;
  request.add_lease_ids(lease_id);
  world_.Call<bool>(
      self(), absl::StrCat(name_, " returns ", lease_id),
      [request](Ledger& ledger, absl::Time now) -> absl::StatusOr<bool> {
        const absl::Status returned = ledger.ReturnLeases(request, now);
        if (!returned.ok()) return returned;
        return true;
      },
      [](absl::StatusOr<bool>) {});
}

void SimulatedActor::Generate(uint64_t lease_id) {
  const auto found = works_.find(lease_id);
  if (found == works_.end()) return;
  Work& work = found->second;
  if (work.tokens < work.tokens_to_make) {
    work.tokens += std::min<uint64_t>(3, work.tokens_to_make - work.tokens);
    world_.After(absl::Milliseconds(100), self(), [this, lease_id] { Generate(lease_id); });
    return;
  }
  // Sometimes the rewarders take their time.
  work.waits_for_rewarder = true;
  const double seconds = world_.faulty() && world_.Chance(0.1) ? world_.Uniform(1, 12) : 0.1;
  world_.After(absl::Seconds(seconds), self(), [this, lease_id] { Submit(lease_id); });
}

Submission SimulatedActor::TrueSubmission(const Work& work) {
  const LeaseGrant& grant = work.grant;
  Submission submission{.member = member_,
                        .lease_id = grant.lease_id,
                        .group = grant.group,
                        .sampling = grant.sampling,
                        .policies = {grant.policy},
                        .numbers = NumbersOf(world_.run(), grant.group, grant.sampling.samples())};
  // Weights may have been swapped in between.
  const bool lags = world_.plan().stages[grant.group.stage].max_policy_lag > 0;
  if (grant.group.purpose == TRAIN && lags && newest_policy_.version > grant.policy.version &&
      world_.Chance(0.5)) {
    submission.policies.push_back(newest_policy_);
  }
  return submission;
}

void SimulatedActor::Distort(Submission& submission) {
  switch (world_.Draw() % 6) {
    case 0:
      submission.policies = {{submission.policies[0].version, HashOf("never published")}};
      break;
    case 1:
      submission.policies.push_back({submission.policies[0].version + 1, HashOf("the future")});
      break;
    case 2: {
      // Weights that were published once, but long ago.
      const auto& published = world_.history().published();
      if (!published.empty()) {
        submission.policies = {{published.begin()->first, published.begin()->second}};
      }
      break;
    }
    case 3:
      submission.group.slot += 1 + world_.Draw() % 5;
      break;
    case 4:
      submission.group.attempt += 1;
      break;
    default:
      submission.sampling.set_temperature(0.5);
  }
}

void SimulatedActor::Submit(uint64_t lease_id) {
  const auto found = works_.find(lease_id);
  if (found == works_.end()) return;
  found->second.finished = true;
  Submission submission = TrueSubmission(found->second);
  const bool is_lie = world_.faulty() && world_.Chance(world_.run().faults.lie);
  if (is_lie) Distort(submission);
  SendSubmission(lease_id, std::move(submission), is_lie);
}

void SimulatedActor::SendSubmission(uint64_t lease_id, Submission submission, bool is_lie) {
  const std::string what =
      absl::StrCat(name_, is_lie ? " lies about " : " submits ", Describe(submission.group));
  world_.Call<bool>(
      self(), what,
      [&world = world_, submission](Ledger& ledger, absl::Time now) -> absl::StatusOr<bool> {
        const absl::StatusOr<Admission> admission = ledger.Admit(submission, now);
        if (!admission.ok()) return admission.status();
        if (*admission == Admission::kDuplicate) {
          world.history().Saw("duplicate");
          return false;
        }
        if (!IsLeaseOfEpoch(submission.lease_id, ledger.epoch())) {
          world.history().Saw("group of a former epoch");
        }
        world.history().Accepted(submission);
        PayloadPlace place;
        if (*admission == Admission::kAcceptWithPayload) {
          const StagePlan& stage = world.plan().stages[submission.group.stage];
          place = *world.payloads().Append(
              submission.group.stage, static_cast<uint32_t>(submission.group.slot / stage.batch),
              ContentOf(submission.group, submission.policies));
        }
        ledger.Accept(submission, place, "", now);
        return true;
      },
      [this, lease_id, is_lie](absl::StatusOr<bool> accepted) {
        const bool again = absl::IsFailedPrecondition(accepted.status()) &&
                           absl::StartsWith(accepted.status().message(), "join again");
        if (again) Join();
        if (again || absl::IsUnavailable(accepted.status())) {
          world_.After(absl::Milliseconds(500), self(), [this, lease_id] { Submit(lease_id); });
          return;
        }
        // After a lie comes the truth, or nothing.
        if (is_lie && world_.Chance(0.5)) return Submit(lease_id);
        works_.erase(lease_id);
      });
}

}  // namespace gyre::coordinator::simulation

#include "tests/coordinator/simulation/fake_actor.h"

#include <algorithm>

#include "tests/coordinator/simulation/fake_samples.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(6);
constexpr int kFetchTries = 4;

}  // namespace

FakeActor::FakeActor(World& world, Network& network, const RunFolder& folder, int index)
    : FakeMember(world, network, ACTOR, absl::StrCat("actor-", index)), folder_(folder) {}

void FakeActor::OnJoined(const JoinReply&) {
  SendHeartbeat();
  LeaseMore();
}

bool FakeActor::FillHeld(JoinRequest& request) {
  for (const auto& [id, work] : works_) {
    HeldLease& held = *request.add_held_leases();
    held.set_lease_id(id);
    *held.mutable_group() = ToProto(work.lease.group);
  }
  return true;
}

void FakeActor::OnJoinedAgain(const JoinReply& reply) {
  std::vector<uint64_t> lost;
  for (const auto& [id, work] : works_) {
    const auto& kept = reply.kept_leases();
    if (std::find(kept.begin(), kept.end(), id) == kept.end()) lost.push_back(id);
  }
  for (const uint64_t id : lost) Lose(id);
}

void FakeActor::OnGone() {
  works_.clear();
  policies_.clear();
  policy_bytes_ = 0;
  leasing_ = false;
}

FakeActor::Work* FakeActor::Find(uint64_t lease_id) {
  const auto found = works_.find(lease_id);
  return found == works_.end() ? nullptr : &found->second;
}

void FakeActor::Lose(uint64_t lease_id) {
  const Work* work = Find(lease_id);
  // What is on its way to the coordinator goes on; the answer will say that it is lost.
  if (work == nullptr || work->leaving) return;
  world_.counts.Add("lease lost by its actor");
  works_.erase(lease_id);
  After(absl::ZeroDuration(), [this] { LeaseMore(); });
}

void FakeActor::SendHeartbeat() {
  HeartbeatRequest request;
  for (const auto& [id, work] : works_) {
    HeartbeatRequest::LeaseProgress& progress = *request.add_leases();
    progress.set_lease_id(id);
    progress.set_tokens(work.tokens);
    progress.set_outcomes(work.outcomes);
    progress.set_waiting_for_rewarder(work.waits_for_rewarder);
  }
  request.set_policy_bytes(policy_bytes_);
  Ask<HeartbeatReply>(
      kTimeout,
      [request](CoordinatorHost& host, const MemberRef& ref, Answer<HeartbeatReply> answer) {
        HeartbeatRequest sent = request;
        *sent.mutable_member() = ref;
        host.Heartbeat(sent, std::move(answer));
      },
      [this](absl::StatusOr<HeartbeatReply> reply) {
        if (!reply.ok()) {
          return world_.Violate(name(), "'s heartbeat is refused: ", reply.status().ToString());
        }
        Heed(*reply);
      });
}

void FakeActor::Heed(const HeartbeatReply& reply) {
  for (const uint64_t id : reply.lost_leases()) Lose(id);
  if (reply.has_policy()) {
    const PolicyKey newest = KeyOf(reply.policy());
    known_[newest.version] = newest;
  }
  if (reply.finished()) return Leave();
  if (world_.Fault(world_.faults.lie * 0.2)) LieOfLeases();
  After(world_.dice.Between(absl::Milliseconds(800), absl::Milliseconds(1200)),
        [this] { SendHeartbeat(); });
}

void FakeActor::LeaseMore() {
  uint32_t running = 0;
  for (const auto& [id, work] : works_) {
    if (!work.leaving) running += work.lease.sampling.samples();
  }
  const uint32_t capacity = world_.setup.sequences_per_actor;
  if (leasing_ || running >= capacity) return;
  leasing_ = true;
  LeaseGroupsRequest request;
  request.set_free_sequences(capacity - running);
  request.set_held_groups(static_cast<uint32_t>(works_.size()));
  request.set_wait_seconds(works_.empty() ? 10 : 0.25);
  Ask<LeaseGrants>(
      absl::Seconds(request.wait_seconds()) + kTimeout,
      [request, cancelled = Cancelled()](CoordinatorHost& host, const MemberRef& ref,
                                         Answer<LeaseGrants> answer) {
        LeaseGroupsRequest sent = request;
        *sent.mutable_member() = ref;
        host.LeaseGroups(sent, cancelled, std::move(answer));
      },
      [this](absl::StatusOr<LeaseGrants> grants) {
        leasing_ = false;
        if (!grants.ok()) {
          return world_.Violate(name(), " gets no leases: ", grants.status().ToString());
        }
        if (grants->finished) return Leave();
        for (const LeaseGrant& lease : grants->grants) Take(lease);
        After(absl::Milliseconds(works_.empty() ? 10 : 250), [this] { LeaseMore(); });
      });
}

void FakeActor::Take(const LeaseGrant& lease) {
  world_.log.Add(name(), ": has lease ", lease.lease_id, " of ", Describe(lease.group), " with ",
                 Describe(lease.policy));
  known_[lease.policy.version] = lease.policy;
  works_[lease.lease_id] = {.lease = lease, .policies = {lease.policy}};
  if (world_.Fault(world_.faults.returned_lease)) {
    return After(world_.dice.Between(absl::ZeroDuration(), absl::Seconds(2)),
                 [this, id = lease.lease_id] { GiveBack(id); });
  }
  Fetch(lease.lease_id, 0);
}

void FakeActor::Fetch(uint64_t lease_id, int tries) {
  const Work* work = Find(lease_id);
  if (work == nullptr) return;
  const PolicyKey policy = work->lease.policy;
  if (policies_.contains(policy)) {
    return Decode(lease_id, static_cast<int>(world_.dice.Between(1, 5)));
  }
  if (tries == kFetchTries) {
    world_.counts.Add("policy not to be had");
    return GiveBack(lease_id);
  }
  Ask<PolicyManifest>(
      kTimeout,
      [policy](CoordinatorHost& host, const MemberRef& ref, Answer<PolicyManifest> answer) {
        GetPolicyRequest request;
        *request.mutable_member() = ref;
        *request.mutable_policy() = ToProto(policy);
        host.GetPolicy(request, std::move(answer));
      },
      [this, lease_id, tries, policy](absl::StatusOr<PolicyManifest> manifest) {
        if (!manifest.ok()) {
          // Only a policy that nobody may use any more is forgotten.
          if (!absl::IsNotFound(manifest.status())) {
            return world_.Violate(name(), " gets no policy: ", manifest.status().ToString());
          }
          world_.counts.Add("policy forgotten");
          return GiveBack(lease_id);
        }
        const auto served = folder_.served_policies.find(manifest->sources(0).address());
        const bool there =
            served != folder_.served_policies.end() && served->second.contains(policy);
        After(world_.dice.Between(absl::Milliseconds(20), absl::Milliseconds(900)),
              [this, lease_id, tries, policy, there] {
                if (there) {
                  policies_.insert(policy);
                  policy_bytes_ += 1000;
                }
                Fetch(lease_id, tries + 1);
              });
      });
}

void FakeActor::Decode(uint64_t lease_id, int pieces) {
  Work* work = Find(lease_id);
  if (work == nullptr) return;
  if (pieces == 0) return Score(lease_id);
  ++work->tokens;
  const StagePlan& stage = world_.setup.plan.stages[work->lease.group.stage];
  if (work->lease.group.purpose == TRAIN && !world_.setup.ContentFollowsPolicy(stage, TRAIN) &&
      !known_.empty() && world_.dice.Chance(0.3)) {
    // A newer policy has come; the group goes on under it.
    const PolicyKey& newest = known_.rbegin()->second;
    if (newest.version > work->policies.front().version) {
      work->policies = {work->policies.front(), newest};
      world_.counts.Add("policy changed within a group");
    }
  }
  After(world_.dice.Between(absl::Milliseconds(20), absl::Milliseconds(500)),
        [this, lease_id, pieces] { Decode(lease_id, pieces - 1); });
}

void FakeActor::Score(uint64_t lease_id) {
  Work* work = Find(lease_id);
  if (work == nullptr) return;
  work->waits_for_rewarder = true;
  const bool slow = world_.Fault(world_.faults.slow_reward);
  if (slow) world_.counts.Add("rewarder slow");
  const absl::Duration wait =
      slow ? world_.dice.Between(absl::Seconds(1), 2 * world_.setup.plan.limits.score)
           : absl::Milliseconds(world_.dice.Between(10, 300));
  After(wait, [this, lease_id] {
    Work* scored = Find(lease_id);
    if (scored == nullptr) return;
    scored->waits_for_rewarder = false;
    scored->outcomes = scored->lease.sampling.samples();
    if (world_.Fault(world_.faults.lie)) Lie(*scored);
    HandIn(lease_id);
  });
}

HandedIn FakeActor::Honest(const Work& work) const {
  const Group group = MakeGroup(world_.setup, work.lease.group, work.policies);
  HandedIn request;
  request.header.set_lease_id(work.lease.lease_id);
  *request.header.mutable_group() = group.id();
  *request.header.mutable_sampling() = work.lease.sampling;
  *request.header.mutable_prompt_token_ids() = group.prompt_token_ids();
  request.samples.assign(group.samples().begin(), group.samples().end());
  return request;
}

void FakeActor::HandIn(uint64_t lease_id) {
  Work& work = *Find(lease_id);
  work.leaving = true;
  Ask<SubmitGroupReply>(
      kTimeout,
      [request = Honest(work)](CoordinatorHost& host, const MemberRef& ref,
                               Answer<SubmitGroupReply> answer) {
        HandedIn sent = request;
        *sent.header.mutable_member() = ref;
        host.SubmitGroup(sent, std::move(answer));
      },
      [this, lease_id](absl::StatusOr<SubmitGroupReply> reply) {
        const bool lost = absl::StartsWith(reply.status().message(), "lease lost");
        const bool superseded =
            world_.setup.inexact_replay && absl::StartsWith(reply.status().message(), "policy ");
        if (lost) world_.counts.Add("group made in vain: lease lost");
        if (superseded) world_.counts.Add("group made in vain: policy superseded");
        if (!reply.ok() && !lost && !superseded) {
          world_.Violate(name(), "'s group is refused: ", reply.status().ToString());
        }
        works_.erase(lease_id);
        LeaseMore();
      });
}

void FakeActor::GiveBack(uint64_t lease_id) {
  Work* work = Find(lease_id);
  if (work == nullptr || work->leaving) return;
  work->leaving = true;
  world_.counts.Add("lease given back");
  Ask<ReturnLeasesReply>(
      kTimeout,
      [lease_id](CoordinatorHost& host, const MemberRef& ref, Answer<ReturnLeasesReply> answer) {
        ReturnLeasesRequest request;
        *request.mutable_member() = ref;
        request.add_lease_ids(lease_id);
        host.ReturnLeases(request, std::move(answer));
      },
      [this, lease_id](absl::StatusOr<ReturnLeasesReply>) {
        works_.erase(lease_id);
        LeaseMore();
      });
}

void FakeActor::SayFarewell(const std::string& reason) {
  ReturnLeasesRequest leases;
  *leases.mutable_member() = ref();
  for (const auto& [id, work] : works_) leases.add_lease_ids(id);
  Tell<ReturnLeasesReply>(
      [leases](CoordinatorHost& host, const MemberRef&, Answer<ReturnLeasesReply> answer) {
        host.ReturnLeases(leases, std::move(answer));
      });
  LeaveRequest leave;
  *leave.mutable_member() = ref();
  leave.set_reason(reason);
  Tell<LeaveReply>([leave](CoordinatorHost& host, const MemberRef&, Answer<LeaveReply> answer) {
    host.Leave(leave, std::move(answer));
  });
}

void FakeActor::Drain(absl::Duration down) {
  SayFarewell("draining");
  Exit("drained", down);
}

void FakeActor::Leave() {
  SayFarewell("the run is complete");
  End();
}

}  // namespace gyre::coordinator::simulation

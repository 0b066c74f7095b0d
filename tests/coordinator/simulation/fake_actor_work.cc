// How an actor makes the groups that it has leased.
#include "tests/coordinator/simulation/fake_actor.h"
#include "tests/coordinator/simulation/fake_samples.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr int kFetchTries = 4;

}  // namespace

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
      kCallTimeout,
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
  if (pieces == 0) return Score(lease_id, 0);
  if (world_.FaultOnce(world_.faults.hung_engine, work->lease.group)) {
    // Its process lives and beats, and may even report tokens that there are not.
    work->boasts = world_.dice.Chance(0.5);
    world_.counts.Add(work->boasts ? "engine hung, tokens reported" : "engine hung");
    const absl::Duration hung = world_.WhileFaulty(
        world_.dice.Between(absl::Seconds(1), 2 * world_.setup.plan.limits.lease_absolute));
    return After(hung, [this, lease_id, pieces] {
      if (Work* again = Find(lease_id)) again->boasts = false;
      Decode(lease_id, pieces);
    });
  }
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

void FakeActor::Score(uint64_t lease_id, uint32_t scored) {
  Work* work = Find(lease_id);
  if (work == nullptr) return;
  work->outcomes = scored;
  work->waits_for_rewarder = scored < work->lease.sampling.samples();
  if (!work->waits_for_rewarder) {
    if (world_.Fault(world_.faults.lie)) Lie(*work);
    return HandIn(lease_id);
  }
  const bool slow = world_.FaultOnce(world_.faults.slow_reward, work->lease.group);
  if (slow) world_.counts.Add("rewarder slow");
  const absl::Duration wait = slow ? world_.WhileFaulty(world_.dice.Between(
                                         absl::Seconds(1), 3 * world_.setup.plan.limits.score))
                                   : absl::Milliseconds(world_.dice.Between(5, 100));
  After(wait, [this, lease_id, scored] { Score(lease_id, scored + 1); });
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
      kCallTimeout,
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
      kCallTimeout,
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

}  // namespace gyre::coordinator::simulation

#include "tests/coordinator/simulation/lease_watch.h"

#include <algorithm>
#include <set>

namespace gyre::coordinator::simulation {

bool LeaseWatch::Lives(const Held& held) const {
  const auto member = members_.find(held.member_id);
  return member != members_.end() && held.expires >= world_.now() &&
         member->second.last_heard + world_.setup.plan.limits.member >= world_.now();
}

bool LeaseWatch::InForce(const GroupKey& group, uint64_t lease_id) const {
  const auto found = held_.find(group);
  return found != held_.end() && found->second.lease_id == lease_id && Lives(found->second);
}

void LeaseWatch::Take(const GroupKey& group, uint64_t lease_id, uint64_t member_id) {
  const auto former = held_.find(group);
  if (former != held_.end() && Lives(former->second)) {
    world_.Violate(Describe(group), " is leased to member ", member_id, " while member ",
                   former->second.member_id, " holds it");
  }
  const RunLimits& limits = world_.setup.plan.limits;
  const absl::Time end =
      absolute_ends_.emplace(lease_id, world_.now() + limits.lease_absolute).first->second;
  held_[group] = {.lease_id = lease_id,
                  .member_id = member_id,
                  .expires = std::min(world_.now() + limits.lease, end),
                  .absolute_end = end,
                  .last_growth = world_.now()};
}

void LeaseWatch::Renew(Held& held) const {
  held.expires = std::max(held.expires, world_.now() + world_.setup.plan.limits.lease);
  held.expires = std::min(held.expires, held.absolute_end);
}

void LeaseWatch::Gone(uint64_t member_id) {
  members_.erase(member_id);
  std::erase_if(held_, [&](const auto& entry) { return entry.second.member_id == member_id; });
}

void LeaseWatch::Joined(const JoinRequest& request, const JoinReply& reply) {
  for (auto at = members_.begin(); at != members_.end(); ++at) {
    if (at->second.name != request.name()) continue;
    Gone(at->first);
    break;
  }
  members_[reply.member().member_id()] = {.name = request.name(),
                                          .role = request.role(),
                                          .address = request.address(),
                                          .last_heard = world_.now()};
  // A claim may name the same lease several times, for its group and for others.
  std::set<uint64_t> kept(reply.kept_leases().begin(), reply.kept_leases().end());
  for (const HeldLease& held : request.held_leases()) {
    if (!world_.told_leases.IsOf(held.lease_id(), KeyOf(held.group()))) continue;
    if (kept.erase(held.lease_id()) == 0) continue;
    world_.counts.Add("lease claimed again");
    Take(KeyOf(held.group()), held.lease_id(), reply.member().member_id());
  }
}

void LeaseWatch::Heard(const MemberRef& member, absl::Time when) {
  const auto found = members_.find(member.member_id());
  if (found == members_.end()) return;
  found->second.last_heard = std::max(found->second.last_heard, when);
}

void LeaseWatch::Granted(const LeaseGroupsRequest& request, const LeaseGrants& grants) {
  uint64_t sequences = 0;
  for (const LeaseGrant& grant : grants.grants) {
    sequences += grant.sampling.samples();
    granted_.insert(grant.lease_id);
    Take(grant.group, grant.lease_id, request.member().member_id());
  }
  const bool in_parts = request.held_groups() == 0 && grants.grants.size() == 1;
  if (sequences > request.free_sequences() && !in_parts) {
    world_.Violate("leases of ", sequences, " sequences for room of ", request.free_sequences());
  }
  world_.counts.Add("lease granted", grants.grants.size());
}

void LeaseWatch::CountLost(const Held& held, const HeartbeatRequest::LeaseProgress& progress) {
  if (held.absolute_end < world_.now()) {
    world_.counts.Add("lease over at its absolute end");
  } else if (progress.waiting_for_rewarder() &&
             held.last_growth + world_.setup.plan.limits.score < world_.now()) {
    world_.counts.Add("lease over at its score deadline");
  } else {
    world_.counts.Add("lease over without progress");
  }
}

void LeaseWatch::CheckRewarders(const HeartbeatReply& reply) const {
  for (const std::string& address : reply.rewarder_addresses()) {
    const bool there = std::any_of(members_.begin(), members_.end(), [&](const auto& entry) {
      const Member& member = entry.second;
      return member.role == REWARDER && member.address == address &&
             member.last_heard + world_.setup.plan.limits.member >= world_.now();
    });
    if (!there) world_.Violate("rewarder ", address, " is named, but is no member");
  }
}

void LeaseWatch::Reported(const HeartbeatRequest& request, const HeartbeatReply& reply) {
  const uint64_t member_id = request.member().member_id();
  for (auto& [group, held] : held_) {
    if (held.member_id != member_id) continue;
    for (const HeartbeatRequest::LeaseProgress& progress : request.leases()) {
      if (progress.lease_id() != held.lease_id) continue;
      const auto& lost = reply.lost_leases();
      if (std::find(lost.begin(), lost.end(), held.lease_id) != lost.end()) {
        if (Lives(held)) world_.Violate("the lease of ", Describe(group), " is lost too early");
        CountLost(held, progress);
        continue;
      }
      if (held.expires < world_.now()) {
        world_.Violate("the lease of ", Describe(group), " lives on without progress");
      }
      if (progress.tokens() > held.tokens || progress.outcomes() > held.outcomes) {
        held.tokens = std::max(held.tokens, progress.tokens());
        held.outcomes = std::max(held.outcomes, progress.outcomes());
        held.last_growth = world_.now();
        Renew(held);
      } else if (progress.waiting_for_rewarder() &&
                 world_.now() <= held.last_growth + world_.setup.plan.limits.score) {
        Renew(held);
      }
    }
  }
  CheckRewarders(reply);
  Member& member = members_[member_id];
  if (request.policy_bytes() <= member.policy_bytes) return;
  member.policy_bytes = request.policy_bytes();
  for (auto& [group, held] : held_) {
    if (held.member_id != member_id || held.expires < world_.now()) continue;
    Renew(held);
    world_.counts.Add("lease renewed by policy bytes");
  }
}

void LeaseWatch::Returned(const ReturnLeasesRequest& request) {
  for (const uint64_t id : request.lease_ids()) {
    std::erase_if(held_, [&](const auto& entry) {
      return entry.second.lease_id == id && entry.second.member_id == request.member().member_id();
    });
  }
}

void LeaseWatch::Done(const GroupKey& group) { held_.erase(group); }

void LeaseWatch::PoliciesWithdrawn() { held_.clear(); }

}  // namespace gyre::coordinator::simulation

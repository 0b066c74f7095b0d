#include "coordinator/lease_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace gyre::coordinator {

const LeaseTable::Lease& LeaseTable::Insert(Lease lease) {
  GYRE_CHECK(!lease_of_group_.contains(lease.group), "a group has at most one lease");
  GYRE_CHECK(!leases_.contains(lease.id), "a lease is of one group");
  lease_of_group_[lease.group] = lease.id;
  last_lease_.erase(lease.group);
  const uint64_t id = lease.id;
  return leases_.emplace(id, std::move(lease)).first->second;
}

const LeaseTable::Lease& LeaseTable::Grant(const GroupKey& group, uint64_t member_id,
                                           const PolicyKey& policy, absl::Time now) {
  const uint64_t id = MakeLeaseId(seed_, epoch_, ++granted_, group);
  Lease lease = New(id, group, member_id, now);
  lease.policy = policy;
  return Insert(std::move(lease));
}

const LeaseTable::Lease& LeaseTable::Claim(uint64_t lease_id, const GroupKey& group,
                                           uint64_t member_id, absl::Time now) {
  return Insert(New(lease_id, group, member_id, now));
}

LeaseTable::Lease LeaseTable::New(uint64_t id, const GroupKey& group, uint64_t member_id,
                                  absl::Time now) const {
  Lease lease;
  lease.id = id;
  lease.group = group;
  lease.member_id = member_id;
  lease.expires = now + limits_.lease;
  lease.absolute_end = now + limits_.lease_absolute;
  lease.last_growth = now;
  return lease;
}

void LeaseTable::Renew(Lease& lease, absl::Time now) const {
  lease.expires = std::min(std::max(lease.expires, now + limits_.lease), lease.absolute_end);
}

bool LeaseTable::Report(const HeartbeatRequest::LeaseProgress& progress, uint64_t member_id,
                        absl::Time now) {
  const auto found = leases_.find(progress.lease_id());
  if (found == leases_.end() || found->second.member_id != member_id) return false;
  Lease& lease = found->second;
  if (progress.tokens() > lease.tokens || progress.outcomes() > lease.outcomes) {
    lease.tokens = std::max(lease.tokens, progress.tokens());
    lease.outcomes = std::max(lease.outcomes, progress.outcomes());
    lease.last_growth = now;
    Renew(lease, now);
  } else if (progress.waiting_for_rewarder() && now <= lease.last_growth + limits_.score) {
    Renew(lease, now);
  }
  return true;
}

void LeaseTable::RenewAll(uint64_t member_id, absl::Time now) {
  for (auto& [id, lease] : leases_) {
    if (lease.member_id == member_id) Renew(lease, now);
  }
}

const LeaseTable::Lease* LeaseTable::Find(uint64_t lease_id) const {
  const auto found = leases_.find(lease_id);
  return found == leases_.end() ? nullptr : &found->second;
}

const LeaseTable::Lease* LeaseTable::FindGroup(const GroupKey& group) const {
  const auto found = lease_of_group_.find(group);
  return found == lease_of_group_.end() ? nullptr : Find(found->second);
}

uint64_t LeaseTable::CountOf(uint64_t member_id) const {
  return std::count_if(leases_.begin(), leases_.end(),
                       [&](const auto& entry) { return entry.second.member_id == member_id; });
}

bool LeaseTable::IsLast(const GroupKey& group, uint64_t lease_id) const {
  if (!IsOf(group, lease_id)) return false;
  const auto last = last_lease_.find(group);
  if (last != last_lease_.end()) return last->second == lease_id;
  // Nobody has had it in this epoch; a lease of a former one is the last.
  return !IsLeaseOfEpoch(lease_id, epoch_);
}

template <typename Predicate>
std::vector<LeaseTable::Lease> LeaseTable::TakeIf(Predicate predicate) {
  std::vector<Lease> taken;
  for (auto at = leases_.begin(); at != leases_.end();) {
    if (!predicate(at->second)) {
      ++at;
      continue;
    }
    lease_of_group_.erase(at->second.group);
    last_lease_[at->second.group] = at->first;
    taken.push_back(std::move(at->second));
    at = leases_.erase(at);
  }
  return taken;
}

std::vector<LeaseTable::Lease> LeaseTable::TakeExpired(absl::Time now) {
  return TakeIf([&](const Lease& lease) { return lease.expires < now; });
}

std::vector<LeaseTable::Lease> LeaseTable::TakeOf(uint64_t member_id) {
  return TakeIf([&](const Lease& lease) { return lease.member_id == member_id; });
}

std::optional<LeaseTable::Lease> LeaseTable::Take(uint64_t lease_id, uint64_t member_id) {
  std::vector<Lease> taken = TakeIf(
      [&](const Lease& lease) { return lease.id == lease_id && lease.member_id == member_id; });
  if (taken.empty()) return std::nullopt;
  return std::move(taken.front());
}

std::vector<LeaseTable::Lease> LeaseTable::TakeWithPolicy(const PolicyKey& policy) {
  return TakeIf([&](const Lease& lease) { return lease.policy == policy; });
}

void LeaseTable::Close(const GroupKey& group) {
  if (const auto found = lease_of_group_.find(group); found != lease_of_group_.end()) {
    leases_.erase(found->second);
    lease_of_group_.erase(found);
  }
  last_lease_.erase(group);
}

}  // namespace gyre::coordinator

#include "coordinator/lease_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace gyre::coordinator {

const LeaseTable::Lease& LeaseTable::Insert(Lease lease) {
  GYRE_CHECK(!lease_of_group_.contains(lease.group), "a group has at most one lease");
  GYRE_CHECK(!leases_.contains(lease.id), "a lease is of one group");
  lease_of_group_[lease.group] = lease.id;
  leases_of_member_[lease.member_id].insert(lease.id);
  former_.erase(lease.group);
  earliest_end_ = std::min(earliest_end_, lease.expires);
  const uint64_t id = lease.id;
  return leases_.emplace(id, std::move(lease)).first->second;
}

LeaseTable::Lease LeaseTable::Remove(std::map<uint64_t, Lease>::iterator at) {
  Lease lease = std::move(at->second);
  leases_.erase(at);
  lease_of_group_.erase(lease.group);
  const auto of_member = leases_of_member_.find(lease.member_id);
  of_member->second.erase(lease.id);
  if (of_member->second.empty()) leases_of_member_.erase(of_member);
  return lease;
}

LeaseTable::Lease LeaseTable::End(std::map<uint64_t, Lease>::iterator at) {
  Lease lease = Remove(at);
  former_[lease.group] = {.id = lease.id, .absolute_end = lease.absolute_end};
  return lease;
}

const LeaseTable::Lease& LeaseTable::Grant(const GroupKey& group, uint64_t member_id,
                                           const PolicyKey& policy, absl::Time now) {
  return Insert(New(MakeLeaseId(seed_, epoch_, ++granted_, group), group, member_id, policy, now));
}

const LeaseTable::Lease& LeaseTable::Claim(uint64_t lease_id, const GroupKey& group,
                                           uint64_t member_id, const PolicyKey& policy,
                                           absl::Time now) {
  Lease lease = New(lease_id, group, member_id, policy, now);
  // However often its holder joins again, a lease has one absolute end in an epoch.
  if (const auto former = former_.find(group); former != former_.end()) {
    lease.absolute_end = former->second.absolute_end;
    lease.expires = std::min(lease.expires, lease.absolute_end);
  }
  return Insert(std::move(lease));
}

LeaseTable::Lease LeaseTable::New(uint64_t id, const GroupKey& group, uint64_t member_id,
                                  const PolicyKey& policy, absl::Time now) const {
  Lease lease;
  lease.id = id;
  lease.group = group;
  lease.member_id = member_id;
  lease.policy = policy;
  lease.expires = now + limits_.lease;
  lease.absolute_end = now + limits_.lease_absolute;
  lease.last_growth = now;
  return lease;
}

void LeaseTable::Renew(Lease& lease, absl::Time now) const {
  lease.expires = std::min(std::max(lease.expires, now + limits_.lease), lease.absolute_end);
  lease.cut_short = now + limits_.lease > lease.absolute_end;
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
  const auto found = leases_of_member_.find(member_id);
  if (found == leases_of_member_.end()) return;
  for (const uint64_t id : found->second) Renew(leases_.at(id), now);
}

void LeaseTable::Excuse(absl::Duration gap) {
  for (auto& [id, lease] : leases_) {
    lease.expires += gap;
    lease.absolute_end += gap;
    lease.last_growth += gap;
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
  const auto found = leases_of_member_.find(member_id);
  return found == leases_of_member_.end() ? 0 : found->second.size();
}

bool LeaseTable::IsLast(const GroupKey& group, uint64_t lease_id) const {
  if (!IsOf(group, lease_id)) return false;
  const auto former = former_.find(group);
  if (former != former_.end()) return former->second.id == lease_id;
  // Nobody has had it in this epoch; a lease of a former one is the last.
  return !IsLeaseOfEpoch(lease_id, epoch_);
}

bool LeaseTable::MayGoOn(const GroupKey& group, uint64_t lease_id, absl::Time now) const {
  if (!IsLast(group, lease_id)) return false;
  const auto former = former_.find(group);
  return former == former_.end() || former->second.absolute_end > now;
}

std::vector<LeaseTable::Lease> LeaseTable::TakeExpired(absl::Time now) {
  std::vector<Lease> taken;
  if (now <= earliest_end_) return taken;
  earliest_end_ = absl::InfiniteFuture();
  for (auto at = leases_.begin(); at != leases_.end();) {
    const auto next = std::next(at);
    if (at->second.expires < now) {
      taken.push_back(End(at));
    } else {
      earliest_end_ = std::min(earliest_end_, at->second.expires);
    }
    at = next;
  }
  return taken;
}

std::vector<LeaseTable::Lease> LeaseTable::TakeOf(uint64_t member_id) {
  std::vector<Lease> taken;
  const auto found = leases_of_member_.find(member_id);
  if (found == leases_of_member_.end()) return taken;
  const std::set<uint64_t> ids = found->second;
  for (const uint64_t id : ids) taken.push_back(End(leases_.find(id)));
  return taken;
}

std::optional<LeaseTable::Lease> LeaseTable::Take(uint64_t lease_id, uint64_t member_id) {
  const auto found = leases_.find(lease_id);
  if (found == leases_.end() || found->second.member_id != member_id) return std::nullopt;
  return End(found);
}

std::vector<LeaseTable::Lease> LeaseTable::TakeWithPolicy(const PolicyKey& policy) {
  std::vector<Lease> taken;
  for (auto at = leases_.begin(); at != leases_.end();) {
    const auto next = std::next(at);
    if (at->second.policy == policy) taken.push_back(End(at));
    at = next;
  }
  return taken;
}

void LeaseTable::Close(const GroupKey& group) {
  if (const auto found = lease_of_group_.find(group); found != lease_of_group_.end()) {
    Remove(leases_.find(found->second));
  }
  former_.erase(group);
}

}  // namespace gyre::coordinator

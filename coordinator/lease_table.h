#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/group_key.h"
#include "coordinator/lease_id.h"
#include "coordinator/run_plan.h"
#include "proto/coordinator.pb.h"

namespace gyre::coordinator {

// The leases that are in force, at most one a group, and of each pending group the lease that it
// had last. A lease id says of which epoch and group it is (lease_id.h), so those of former lives
// are known although leases are not durable. A lease is renewed by progress and ends without it, at
// the latest lease_absolute after it was granted. Part of the ledger; not thread-safe.
class LeaseTable {
 public:
  struct Lease {
    uint64_t id = 0;
    GroupKey group;
    uint64_t member_id = 0;
    PolicyKey policy;
    absl::Time expires;
    absl::Time absolute_end;
    absl::Time last_growth;  // of tokens or outcomes
    bool cut_short = false;  // its last renewal would have reached beyond the absolute end
    uint64_t tokens = 0;
    uint32_t outcomes = 0;
  };

  LeaseTable(uint64_t seed, uint64_t epoch, const RunLimits& limits)
      : seed_(seed), epoch_(epoch), limits_(limits) {}

  // The group has no lease.
  const Lease& Grant(const GroupKey& group, uint64_t member_id, const PolicyKey& policy,
                     absl::Time now);
  // A lease of an earlier life or member goes on under its old id; MayGoOn has said yes.
  const Lease& Claim(uint64_t lease_id, const GroupKey& group, uint64_t member_id,
                     const PolicyKey& policy, absl::Time now);

  // Renews the lease if the report shows progress. False: this member has no such lease.
  bool Report(const HeartbeatRequest::LeaseProgress& progress, uint64_t member_id, absl::Time now);
  // Progress of all leases of a member, such as policy bytes.
  void RenewAll(uint64_t member_id, absl::Time now);
  // Nobody could be heard for so long; the time does not count.
  void Excuse(absl::Duration gap);

  const Lease* Find(uint64_t lease_id) const;
  const Lease* FindGroup(const GroupKey& group) const;
  uint64_t CountOf(uint64_t member_id) const;
  uint64_t size() const { return leases_.size(); }

  // Whether this lease was granted for this group at some time.
  bool IsOf(const GroupKey& group, uint64_t lease_id) const {
    return IsLeaseOf(seed_, lease_id, group);
  }
  // Whether a holder of this lease may still hand in the group although the lease is not in force:
  // nobody else has had the group since.
  bool IsLast(const GroupKey& group, uint64_t lease_id) const;
  // Whether such a lease may be in force again: it has not come to its absolute end.
  bool MayGoOn(const GroupKey& group, uint64_t lease_id, absl::Time now) const;

  // Each ends the leases and returns them; the groups remember their last lease. TakeExpired costs
  // nothing before some lease may have run out.
  std::vector<Lease> TakeExpired(absl::Time now);
  std::vector<Lease> TakeOf(uint64_t member_id);
  std::optional<Lease> Take(uint64_t lease_id, uint64_t member_id);
  std::vector<Lease> TakeWithPolicy(const PolicyKey& policy);
  // The group is done with: no lease of it is remembered.
  void Close(const GroupKey& group);

 private:
  struct Former {
    uint64_t id = 0;
    absl::Time absolute_end;
  };

  Lease New(uint64_t id, const GroupKey& group, uint64_t member_id, const PolicyKey& policy,
            absl::Time now) const;
  const Lease& Insert(Lease lease);
  Lease Remove(std::map<uint64_t, Lease>::iterator at);
  // Removes the lease; its group remembers it.
  Lease End(std::map<uint64_t, Lease>::iterator at);
  void Renew(Lease& lease, absl::Time now) const;

  const uint64_t seed_;
  const uint64_t epoch_;
  const RunLimits limits_;
  uint64_t granted_ = 0;
  std::map<uint64_t, Lease> leases_;
  std::map<GroupKey, uint64_t> lease_of_group_;
  std::map<uint64_t, std::set<uint64_t>> leases_of_member_;
  std::map<GroupKey, Former> former_;  // the last lease in this epoch of a group that has none
  absl::Time earliest_end_ = absl::InfiniteFuture();  // no lease runs out before
};

}  // namespace gyre::coordinator

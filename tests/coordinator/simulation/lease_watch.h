#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "coordinator/ledger.h"
#include "proto/coordinator.pb.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// Who holds which lease, worked out from what passed between the coordinator and its members, apart
// from the ledger: no group is leased to two at a time, a lease that shows progress is kept, and
// one without is given up. Of one life of the coordinator.
class LeaseWatch {
 public:
  explicit LeaseWatch(World& world) : world_(world) {}

  void Joined(const JoinRequest& request, const JoinReply& reply);
  void Left(const MemberRef& member) { Gone(member.member_id()); }
  // A call of this member was answered otherwise than with "join again".
  // `when` it was sent.
  void Heard(const MemberRef& member, absl::Time when);
  void Granted(const LeaseGroupsRequest& request, const LeaseGrants& grants);
  void Reported(const HeartbeatRequest& request, const HeartbeatReply& reply);
  void Returned(const ReturnLeasesRequest& request);
  // The group was handed in, or refused in a way that ends its lease.
  void Done(const GroupKey& group);
  // Policies were withdrawn.
  void PoliciesWithdrawn();

  // This lease of the group is certainly in force now.
  bool InForce(const GroupKey& group, uint64_t lease_id) const;
  // The last lease that it is known to have.
  std::optional<uint64_t> LeaseOf(const GroupKey& group) const {
    const auto found = held_.find(group);
    if (found == held_.end()) return std::nullopt;
    return found->second.lease_id;
  }
  // The lease was granted in this life.
  bool Granted(uint64_t lease_id) const { return granted_.contains(lease_id); }

 private:
  struct Held {
    uint64_t lease_id = 0;
    uint64_t member_id = 0;
    absl::Time expires;
    absl::Time absolute_end;
    absl::Time last_growth;
    uint64_t tokens = 0;
    uint32_t outcomes = 0;
  };
  struct Member {
    std::string name;
    Role role = ROLE_UNSPECIFIED;
    std::string address;
    absl::Time last_heard;
    uint64_t policy_bytes = 0;
  };

  // A lease that is claimed again keeps its absolute end.
  void Take(const GroupKey& group, uint64_t lease_id, uint64_t member_id);
  void Renew(Held& held) const;
  void Gone(uint64_t member_id);
  // The lease is certainly in force now.
  bool Lives(const Held& held) const;
  void CheckRewarders(const HeartbeatReply& reply) const;
  // Why the lease of which this is reported is over; for the counts.
  void CountLost(const Held& held, const HeartbeatRequest::LeaseProgress& progress);

  World& world_;
  std::map<GroupKey, Held> held_;
  std::map<uint64_t, Member> members_;
  std::set<uint64_t> granted_;
  std::map<uint64_t, absl::Time> absolute_ends_;  // by lease
};

}  // namespace gyre::coordinator::simulation

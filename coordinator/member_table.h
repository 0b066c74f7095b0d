#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/coordinator.pb.h"

namespace gyre::coordinator {

// Who takes part now. A member that is silent for too long is lost, and a new process of the same
// name replaces the old one at once. Not durable: after a restart everybody joins again, and the
// last one to do so has the name. Part of the ledger; not thread-safe.
class MemberTable {
 public:
  struct Member {
    uint64_t id = 0;
    std::string name;
    Role role = ROLE_UNSPECIFIED;
    std::string address;
    bool inexact_replay = false;
    absl::Time last_heard;
    uint64_t policy_bytes = 0;
    HeartbeatRequest last_heartbeat = {};
  };

  explicit MemberTable(uint64_t epoch) : epoch_(epoch) {}

  // ALREADY_EXISTS: a newer instance has taken the name. OK: from now on it is this instance's.
  absl::Status TakeName(const std::string& name, const std::string& instance);
  // The caller has removed the old member of this name, or does so next.
  Member& Add(const JoinRequest& request, absl::Time now);
  // The newest member of this name, or null.
  const Member* FindName(const std::string& name) const;
  // The member, marked as heard of at `heard`. FAILED_PRECONDITION "join again", or "... is no
  // ACTOR" when it has another role than a role that is asked for (ROLE_UNSPECIFIED: any).
  absl::StatusOr<Member*> Hear(const MemberRef& ref, Role role, absl::Time heard);
  void Remove(uint64_t id);
  // Ids of those that have been silent since before now − `silence`. Costs nothing before there may
  // be one.
  std::vector<uint64_t> Silent(absl::Time now, absl::Duration silence);
  // Nobody could be heard for so long; the time does not count.
  void Excuse(absl::Duration gap);

  MemberRef RefOf(const Member& member) const;
  uint64_t CountOf(Role role) const { return counts_[role]; }
  // Where the rewarders that take part can be reached.
  const std::vector<std::string>& rewarder_addresses() const { return rewarder_addresses_; }
  const std::map<uint64_t, Member>& members() const { return members_; }
  // "actor-0", or "member 17" when it is not known.
  std::string NameOf(const MemberRef& ref) const;
  uint32_t JoinsOf(const std::string& name) const;
  uint64_t epoch() const { return epoch_; }

 private:
  // What is known of a name, whoever bears it.
  struct Place {
    uint64_t member_id = 0;  // of the newest member; 0: it is gone
    uint32_t joins = 0;
    std::string instance;
    std::set<std::string> former_instances;
  };

  void CountIn(const Member& member, int change);

  const uint64_t epoch_;
  uint64_t joined_ = 0;
  std::map<uint64_t, Member> members_;
  std::map<std::string, Place> places_;
  uint64_t counts_[Role_ARRAYSIZE] = {};
  std::vector<std::string> rewarder_addresses_;
  absl::Time oldest_heard_ = absl::InfiniteFuture();  // nobody was heard of last before
};

}  // namespace gyre::coordinator

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/coordinator.pb.h"

namespace gyre::coordinator {

// Who takes part now. A member that is silent for too long is lost, and a new process of the same
// name replaces the old one at once. Not durable: after a restart everybody joins again. Part of
// the ledger; not thread-safe.
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

  // The caller has removed the old member of this name.
  Member& Add(const JoinRequest& request, absl::Time now);
  const Member* FindName(const std::string& name) const;
  // The member, marked as heard of. FAILED_PRECONDITION "join again", or "... is no ACTOR" when it
  // has another role than a role that is asked for (ROLE_UNSPECIFIED: any).
  absl::StatusOr<Member*> Hear(const MemberRef& ref, Role role, absl::Time now);
  void Remove(uint64_t id);
  // Ids of those that have been silent since before now − `silence`.
  std::vector<uint64_t> Silent(absl::Time now, absl::Duration silence) const;

  MemberRef RefOf(const Member& member) const;
  uint64_t CountOf(Role role) const;
  std::vector<std::string> AddressesOf(Role role) const;
  const std::map<uint64_t, Member>& members() const { return members_; }
  uint32_t JoinsOf(const std::string& name) const;
  uint64_t epoch() const { return epoch_; }

 private:
  const uint64_t epoch_;
  uint64_t joined_ = 0;
  std::map<uint64_t, Member> members_;
  std::map<std::string, uint32_t> joins_;
};

}  // namespace gyre::coordinator

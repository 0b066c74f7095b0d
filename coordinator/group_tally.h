#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "proto/coordinator.pb.h"

namespace gyre::coordinator {

enum class GroupState : uint8_t {
  kPending,  // may be leased, or could be were its policy published
  kLeased,
  kReady,      // accepted: payload and row are written
  kAssigned,   // member of the step that is being trained
  kConsumed,   // trained on
  kEvaluated,  // its evaluation is complete
  kDropped,    // accepted, but without effect; the slot's next attempt is another group
};
inline constexpr int kGroupStates = 7;

// How many groups are in which state. Every issued group is in exactly one.
class GroupTally {
 public:
  void Issue() {
    ++issued_;
    ++In(GroupState::kPending);
  }
  void Move(GroupState from, GroupState to);
  void Drop(GroupState from, const std::string& reason);

  uint64_t issued() const { return issued_; }
  uint64_t in(GroupState state) const { return counts_[static_cast<int>(state)]; }
  bool Balanced() const;
  GroupCounts ToProto() const;

 private:
  uint64_t& In(GroupState state) { return counts_[static_cast<int>(state)]; }

  uint64_t issued_ = 0;
  uint64_t counts_[kGroupStates] = {};
  std::map<std::string, uint64_t> dropped_by_reason_;
};

}  // namespace gyre::coordinator

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/group_tally.h"
#include "coordinator/ledger_rows.h"

namespace gyre::coordinator {

// Reason to drop a group: the policy that it was sampled with was withdrawn.
inline constexpr char kStale[] = "stale";

// The slots of one stage and purpose, and the present group of each. A slot is closed until its
// turn comes; then attempt 0 is issued. A dropped group gives way to the next attempt, until the
// slot has failed max_attempts times; then it is void. Part of the ledger; not thread-safe. `tally`
// outlives it.
class SlotLine {
 public:
  struct Slot {
    GroupState state = GroupState::kPending;  // of the present group; kDropped: the slot is void
    uint16_t failures = 0;        // attempts dropped for what they were; stale ones do not count
    uint32_t attempt = 0;         // of the present group
    uint32_t lease_expiries = 0;  // in this life of the coordinator
    uint32_t dropped_tokens = 0;  // POLICY tokens of dropped attempts
    // Of the present group, in this life: how often it came back as one that cannot be made, from
    // whom at first, and whether from anybody else; and how often its lease ended in spite of
    // progress.
    uint32_t refusals = 0;
    uint64_t refuser = 0;  // a member
    bool refused_by_others = false;
    uint8_t overruns = 0;
  };

  SlotLine(uint32_t stage, Purpose purpose, uint32_t max_attempts, GroupTally& tally);

  // Opens slots up to, not including, `end`; those that are open stay.
  void OpenUpTo(uint64_t end);
  uint64_t open_slots() const { return slots_.size(); }
  const Slot& slot(uint64_t index) const { return slots_[index]; }
  GroupKey PresentGroup(uint64_t slot) const;
  const std::set<uint64_t>& pending() const { return pending_; }

  void Lease(uint64_t slot);
  // Pending again. `expired` counts it.
  void EndLease(uint64_t slot, bool expired);
  void CountRefusal(uint64_t slot, uint64_t member_id);
  // Returns how many there are.
  uint32_t CountOverrun(uint64_t slot) { return ++slots_[slot].overruns; }

  // The present group, pending or leased until now, is accepted.
  void Accept(GroupRow row);
  // The present group, accepted or not, is dropped. `failure`: counts towards max_attempts. The
  // slot is then pending again or void.
  void Drop(uint64_t slot, const std::string& reason, const GroupNumbers& numbers, bool failure);
  void Assign(uint64_t slot, int64_t step_version);
  void Consume(uint64_t slot);
  void Evaluate(uint64_t slot);
  // Forgets what is only needed for training again: the slots keep their state.
  void Forget(uint64_t begin, uint64_t end);

  // An accepted group that is not forgotten, or null.
  const GroupRow* Find(uint64_t slot) const;
  std::vector<uint64_t> ReadySlots() const;

  // Slots in [begin, end) that wait for nothing: ready or later, or void.
  uint64_t Settled(uint64_t begin, uint64_t end) const;
  // Attempts dropped in [begin, end) and what was in them, and leases expired.
  struct Losses {
    uint64_t dropped_groups = 0;
    uint64_t dropped_tokens = 0;
    uint64_t unscored_samples = 0;
    std::map<std::string, uint64_t> errors;  // as GroupNumbers
    uint64_t lease_expiries = 0;
  };
  Losses LossesIn(uint64_t begin, uint64_t end) const;

  // Puts a stored group back, attempts in order; opens slots up to its own. `keep`: Find finds it.
  void Restore(const GroupRow& row, bool keep);

  // Adds the groups of each state, counted slot by slot: for checks against the tally.
  void CountStates(uint64_t (&counts)[kGroupStates]) const;

 private:
  void Move(uint64_t slot, GroupState from, GroupState to);

  const uint32_t stage_;
  const Purpose purpose_;
  const uint32_t max_attempts_;
  GroupTally& tally_;
  std::vector<Slot> slots_;
  std::set<uint64_t> pending_;
  std::map<uint64_t, GroupRow> accepted_;
  // Of slots that dropped samples with an error; until Forget.
  struct DroppedErrors {
    uint64_t unscored_samples = 0;
    std::map<std::string, uint64_t> errors;
  };
  std::map<uint64_t, DroppedErrors> dropped_errors_;
};

}  // namespace gyre::coordinator

#include "coordinator/slot_line.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace gyre::coordinator {

SlotLine::SlotLine(uint32_t stage, Purpose purpose, uint32_t max_attempts, GroupTally& tally)
    : stage_(stage), purpose_(purpose), max_attempts_(max_attempts), tally_(tally) {}

void SlotLine::OpenUpTo(uint64_t end) {
  while (slots_.size() < end) {
    pending_.insert(slots_.size());
    slots_.emplace_back();
    tally_.Issue();
  }
}

GroupKey SlotLine::PresentGroup(uint64_t slot) const {
  return {.stage = stage_, .purpose = purpose_, .slot = slot, .attempt = slots_[slot].attempt};
}

void SlotLine::Move(uint64_t slot, GroupState from, GroupState to) {
  GYRE_CHECK(slots_[slot].state == from, absl::StrCat("a group moves on from the state before: ",
                                                      Describe(PresentGroup(slot))));
  slots_[slot].state = to;
  tally_.Move(from, to);
  if (from == GroupState::kPending) pending_.erase(slot);
  if (to == GroupState::kPending) pending_.insert(slot);
  if (const auto found = accepted_.find(slot); found != accepted_.end()) found->second.state = to;
}

void SlotLine::Lease(uint64_t slot) { Move(slot, GroupState::kPending, GroupState::kLeased); }

void SlotLine::EndLease(uint64_t slot, bool expired) {
  Move(slot, GroupState::kLeased, GroupState::kPending);
  if (expired) ++slots_[slot].lease_expiries;
}

void SlotLine::Accept(GroupRow row) {
  const uint64_t slot = row.key.slot;
  const GroupState from = slots_[slot].state;
  GYRE_CHECK(from == GroupState::kPending || from == GroupState::kLeased,
             absl::StrCat("a group is accepted once: ", Describe(row.key)));
  Move(slot, from, GroupState::kReady);
  row.state = GroupState::kReady;
  accepted_.insert_or_assign(slot, std::move(row));
}

void SlotLine::Drop(uint64_t index, const std::string& reason, const GroupNumbers& numbers,
                    bool failure) {
  Slot& slot = slots_[index];
  GYRE_CHECK(slot.state == GroupState::kPending || slot.state == GroupState::kLeased ||
                 slot.state == GroupState::kReady,
             "a group that has had effect is not dropped");
  tally_.Drop(slot.state, reason);
  pending_.erase(index);
  accepted_.erase(index);
  slot.state = GroupState::kDropped;
  slot.dropped_tokens += numbers.policy_tokens();
  if (const uint64_t unscored = numbers.samples() - numbers.scored_samples();
      unscored > 0 || numbers.errors_size() > 0) {
    DroppedErrors& dropped = dropped_errors_[index];
    dropped.unscored_samples += unscored;
    for (const auto& [name, count] : numbers.errors()) dropped.errors[name] += count;
  }
  if (failure && ++slot.failures >= max_attempts_) return;
  ++slot.attempt;
  slot.refusals = 0;
  slot.refused_by_others = false;
  slot.overruns = 0;
  slot.state = GroupState::kPending;
  pending_.insert(index);
  tally_.Issue();
}

void SlotLine::CountRefusal(uint64_t slot, uint64_t member_id) {
  Slot& refused = slots_[slot];
  if (refused.refusals++ == 0) refused.refuser = member_id;
  refused.refused_by_others |= refused.refuser != member_id;
}

void SlotLine::Assign(uint64_t slot, int64_t step_version) {
  Move(slot, GroupState::kReady, GroupState::kAssigned);
  accepted_.at(slot).step_version = step_version;
}

void SlotLine::Consume(uint64_t slot) { Move(slot, GroupState::kAssigned, GroupState::kConsumed); }

void SlotLine::Evaluate(uint64_t slot) { Move(slot, GroupState::kReady, GroupState::kEvaluated); }

void SlotLine::Forget(uint64_t begin, uint64_t end) {
  accepted_.erase(accepted_.lower_bound(begin), accepted_.lower_bound(end));
  dropped_errors_.erase(dropped_errors_.lower_bound(begin), dropped_errors_.lower_bound(end));
}

const GroupRow* SlotLine::Find(uint64_t slot) const {
  const auto found = accepted_.find(slot);
  return found == accepted_.end() ? nullptr : &found->second;
}

std::vector<uint64_t> SlotLine::ReadySlots() const {
  std::vector<uint64_t> ready;
  for (const auto& [slot, row] : accepted_) {
    if (row.state == GroupState::kReady) ready.push_back(slot);
  }
  return ready;
}

uint64_t SlotLine::Settled(uint64_t begin, uint64_t end) const {
  uint64_t settled = 0;
  for (uint64_t i = begin; i < std::min<uint64_t>(end, slots_.size()); ++i) {
    settled += slots_[i].state != GroupState::kPending && slots_[i].state != GroupState::kLeased;
  }
  return settled;
}

SlotLine::Losses SlotLine::LossesIn(uint64_t begin, uint64_t end) const {
  Losses losses;
  for (uint64_t i = begin; i < std::min<uint64_t>(end, slots_.size()); ++i) {
    losses.dropped_groups += slots_[i].attempt + (slots_[i].state == GroupState::kDropped);
    losses.dropped_tokens += slots_[i].dropped_tokens;
    losses.lease_expiries += slots_[i].lease_expiries;
  }
  for (auto at = dropped_errors_.lower_bound(begin); at != dropped_errors_.end(); ++at) {
    if (at->first >= end) break;
    losses.unscored_samples += at->second.unscored_samples;
    for (const auto& [name, count] : at->second.errors) losses.errors[name] += count;
  }
  return losses;
}

void SlotLine::Restore(const GroupRow& row, bool keep) {
  OpenUpTo(row.key.slot + 1);
  Slot& slot = slots_[row.key.slot];
  GYRE_CHECK(
      slot.state == GroupState::kPending && slot.attempt == row.key.attempt,
      absl::StrCat("attempts of a slot are stored one after the other: ", Describe(row.key)));
  if (row.state == GroupState::kDropped) {
    Drop(row.key.slot, row.drop_reason, row.numbers, row.drop_reason != kStale);
    return;
  }
  Move(row.key.slot, GroupState::kPending, row.state);
  if (keep) accepted_.emplace(row.key.slot, row);
}

void SlotLine::CountStates(uint64_t (&counts)[kGroupStates]) const {
  for (const Slot& slot : slots_) {
    ++counts[static_cast<int>(slot.state)];
    counts[static_cast<int>(GroupState::kDropped)] += slot.attempt;
  }
}

}  // namespace gyre::coordinator

#include "coordinator/group_tally.h"

#include <numeric>

#include "base/check.h"

namespace gyre::coordinator {

void GroupTally::Move(GroupState from, GroupState to) {
  GYRE_CHECK(In(from) > 0, "a group leaves only the state that it is in");
  --In(from);
  ++In(to);
}

void GroupTally::Drop(GroupState from, const std::string& reason) {
  Move(from, GroupState::kDropped);
  ++dropped_by_reason_[reason];
}

bool GroupTally::Balanced() const {
  return issued_ == std::accumulate(counts_, counts_ + kGroupStates, uint64_t{0});
}

GroupCounts GroupTally::ToProto() const {
  GroupCounts counts;
  counts.set_issued(issued_);
  counts.set_pending(in(GroupState::kPending));
  counts.set_leased(in(GroupState::kLeased));
  counts.set_ready(in(GroupState::kReady));
  counts.set_assigned(in(GroupState::kAssigned));
  counts.set_consumed(in(GroupState::kConsumed));
  counts.set_evaluated(in(GroupState::kEvaluated));
  counts.set_dropped(in(GroupState::kDropped));
  for (const auto& [reason, groups] : dropped_by_reason_) {
    (*counts.mutable_dropped_by_reason())[reason] = groups;
  }
  return counts;
}

}  // namespace gyre::coordinator

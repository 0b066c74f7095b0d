#include "coordinator/rank_table.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gyre::coordinator {

RankTable::RankTable(uint32_t world_size, uint32_t attempt)
    : ranks_(world_size),
      attempt_(attempt),
      phase_(attempt > 0 ? Phase::kReturning : Phase::kEnded) {}

void RankTable::Begin() {
  ++attempt_;
  phase_ = Phase::kForming;
  std::fill(ranks_.begin(), ranks_.end(), Rank{});
  store_address_.clear();
}

uint32_t RankTable::joined() const {
  return std::count_if(ranks_.begin(), ranks_.end(),
                       [](const Rank& rank) { return rank.member_id != 0; });
}

// "learner-3" becomes rank 3 when it can; there is a free rank.
uint32_t RankTable::FreeRank(const std::string& name) const {
  uint32_t wanted = 0;
  const size_t digits = name.find_last_not_of("0123456789") + 1;
  if (absl::SimpleAtoi(name.substr(digits), &wanted) && wanted < ranks_.size() &&
      ranks_[wanted].member_id == 0) {
    return wanted;
  }
  return std::find_if(ranks_.begin(), ranks_.end(),
                      [](const Rank& rank) { return rank.member_id == 0; }) -
         ranks_.begin();
}

absl::StatusOr<RankAssignment> RankTable::Join(uint64_t member_id, const std::string& name,
                                               const std::optional<HeldRank>& held) {
  RankAssignment assignment;
  assignment.set_world_size(world_size());
  if (phase_ == Phase::kReturning) {
    if (held.has_value() && held->attempt() == attempt_ && held->rank() < ranks_.size() &&
        ranks_[held->rank()].member_id == 0) {
      ranks_[held->rank()] = {.member_id = member_id, .arrived = true};
      if (joined() == world_size()) phase_ = Phase::kFormed;
      assignment.set_rank(held->rank());
      assignment.set_attempt(attempt_);
      assignment.set_keep_state(true);
      return assignment;
    }
    Begin();
  }
  if (phase_ == Phase::kEnded) Begin();
  if (joined() == world_size()) {
    return absl::UnavailableError(absl::StrCat("all ", world_size(),
                                               " learner ranks are taken by live processes; \"",
                                               name, "\" gets one when one of them is lost"));
  }
  const uint32_t rank = FreeRank(name);
  ranks_[rank] = {.member_id = member_id};
  assignment.set_rank(rank);
  assignment.set_attempt(attempt_);
  return assignment;
}

std::optional<RankAssignment> RankTable::Rejoin(uint64_t old_member_id, uint64_t member_id,
                                                const HeldRank& held) {
  const bool is_rank = phase_ != Phase::kEnded && held.attempt() == attempt_ &&
                       held.rank() < ranks_.size() &&
                       ranks_[held.rank()].member_id == old_member_id;
  if (!is_rank) return std::nullopt;
  ranks_[held.rank()].member_id = member_id;
  RankAssignment assignment;
  assignment.set_rank(held.rank());
  assignment.set_world_size(world_size());
  assignment.set_attempt(attempt_);
  assignment.set_keep_state(true);
  return assignment;
}

bool RankTable::Remove(uint64_t member_id) {
  const auto rank = std::find_if(ranks_.begin(), ranks_.end(), [&](const Rank& candidate) {
    return candidate.member_id == member_id;
  });
  if (rank == ranks_.end()) return false;
  *rank = {};
  if (phase_ == Phase::kForming) {
    // Nobody has gone on to use the store, so another process may take the place.
    if (rank == ranks_.begin()) store_address_.clear();
    return false;
  }
  phase_ = Phase::kEnded;
  return true;
}

absl::StatusOr<uint32_t> RankTable::RankOf(uint64_t member_id, uint32_t attempt) const {
  const auto rank = std::find_if(ranks_.begin(), ranks_.end(), [&](const Rank& candidate) {
    return candidate.member_id == member_id;
  });
  if (rank == ranks_.end() || attempt != attempt_ || phase_ == Phase::kEnded) {
    return absl::AbortedError(absl::StrCat(
        "attempt ", attempt, " of the learner's ranks is over (",
        phase_ == Phase::kEnded ? "a rank of " : "now is ", "attempt ", attempt_,
        phase_ == Phase::kEnded ? " was lost" : "", "): leave the collectives and join again"));
  }
  return static_cast<uint32_t>(rank - ranks_.begin());
}

bool RankTable::Arrive(uint32_t rank, const std::string& store_address) {
  ranks_[rank].arrived = true;
  if (rank == 0 && !store_address.empty()) store_address_ = store_address;
  if (phase_ == Phase::kForming && !store_address_.empty() &&
      std::all_of(ranks_.begin(), ranks_.end(), [](const Rank& each) { return each.arrived; })) {
    phase_ = Phase::kFormed;
  }
  return phase_ == Phase::kFormed;
}

}  // namespace gyre::coordinator

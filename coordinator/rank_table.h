#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/coordinator.pb.h"

namespace gyre::coordinator {

// The learner's ranks. They form an attempt together; once it is formed, the loss of any of them
// ends it, since the others' collectives cannot go on. The next rank that joins begins the next
// attempt. Only the attempt's number is durable; after a restart of the coordinator the ranks of
// the last attempt may go on as they are if all of them come back. Part of the ledger; not
// thread-safe.
class RankTable {
 public:
  // `attempt`: the last one of former lives, 0 if none.
  RankTable(uint32_t world_size, uint32_t attempt);

  // A process joins. `held` is what it holds if it was a rank before and may go on (the caller has
  // checked its version). UNAVAILABLE: every rank is taken.
  absl::StatusOr<RankAssignment> Join(uint64_t member_id, const std::string& name,
                                      const std::optional<HeldRank>& held);
  // The process of `old_member_id`, a rank of this attempt, has joined once more (its answer was
  // lost, say), holding what it had: it goes on under its new id. Nothing: it is no such process.
  std::optional<RankAssignment> Rejoin(uint64_t old_member_id, uint64_t member_id,
                                       const HeldRank& held);
  // A member is gone. True if that ended the present attempt.
  bool Remove(uint64_t member_id);

  // OK with the rank of a member of the present attempt. ABORTED: the attempt is over.
  absl::StatusOr<uint32_t> RankOf(uint64_t member_id, uint32_t attempt) const;

  // The member waits for the others; rank 0 says where its store is. True: all have arrived.
  bool Arrive(uint32_t rank, const std::string& store_address);

  uint32_t attempt() const { return attempt_; }
  // Ranks work or may come back: what they published can be fetched.
  bool alive() const { return phase_ == Phase::kFormed || phase_ == Phase::kReturning; }
  const std::string& store_address() const { return store_address_; }
  uint32_t world_size() const { return static_cast<uint32_t>(ranks_.size()); }
  uint32_t joined() const;

 private:
  enum class Phase {
    kEnded,    // or none yet
    kForming,  // ranks join and wait for each other; none has gone on
    kFormed,
    kReturning,  // formed in a former life of the coordinator; not all have come back
  };
  struct Rank {
    uint64_t member_id = 0;  // 0: free
    bool arrived = false;
  };

  void Begin();
  uint32_t FreeRank(const std::string& name) const;

  std::vector<Rank> ranks_;
  uint32_t attempt_;
  Phase phase_;
  std::string store_address_;
};

}  // namespace gyre::coordinator

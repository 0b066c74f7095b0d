// Collectives over c10d's Gloo: TCP on loopback. Sums go around a ring in an order that only the
// number of ranks and the sizes decide, so the same inputs give the same bits on every rank and in
// every run (tests/learner/gloo_collectives_test.cc).
//
// A rank that dies closes its connections, and the others' calls fail at once; one that hangs makes
// them fail at the timeout. After an error the object is of no more use; to go on, ranks make a new
// one for the next attempt.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "learner/collectives.h"
#include "learner/rank_store.h"

namespace gyre::learner {

class GlooCollectives final : public Collectives {
 public:
  // Blocks until all ranks of the attempt have come, at most `timeout`; after that no call waits
  // longer than `timeout` either. Keys of different attempts do not meet. UNAVAILABLE: a rank did
  // not come or left.
  static absl::StatusOr<std::unique_ptr<GlooCollectives>> Create(std::unique_ptr<RankStore> store,
                                                                 uint32_t attempt, int rank,
                                                                 int world_size,
                                                                 absl::Duration timeout);
  ~GlooCollectives() override;

  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }
  absl::Status AllReduceSum(absl::Span<float> values) override;
  absl::Status AllReduceSum(absl::Span<double> values) override;
  absl::Status AllReduceMax(absl::Span<double> values) override;

 private:
  struct Group;
  GlooCollectives(std::unique_ptr<RankStore> store, std::unique_ptr<Group> group, int rank,
                  int world_size);

  std::unique_ptr<RankStore> store_;
  std::unique_ptr<Group> group_;
  const int rank_;
  const int world_size_;
};

}  // namespace gyre::learner

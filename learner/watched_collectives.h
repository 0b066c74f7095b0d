// Collectives whose waits stand on the board. As thread-safe as what it wraps.
#pragma once

#include "learner/collectives.h"
#include "rpc/wait_board.h"

namespace gyre::learner {

class WatchedCollectives final : public Collectives {
 public:
  WatchedCollectives(Collectives& collectives, rpc::WaitBoard& waits)
      : collectives_(collectives), waits_(waits) {}

  int rank() const override { return collectives_.rank(); }
  int world_size() const override { return collectives_.world_size(); }
  absl::Status AllReduceSum(absl::Span<float> values) override {
    const rpc::NamedWait wait(waits_, "ranks", "the other ranks");
    return collectives_.AllReduceSum(values);
  }
  absl::Status AllReduceSum(absl::Span<double> values) override {
    const rpc::NamedWait wait(waits_, "ranks", "the other ranks");
    return collectives_.AllReduceSum(values);
  }
  absl::Status AllReduceMax(absl::Span<double> values) override {
    const rpc::NamedWait wait(waits_, "ranks", "the other ranks");
    return collectives_.AllReduceMax(values);
  }

 private:
  Collectives& collectives_;
  rpc::WaitBoard& waits_;
};

}  // namespace gyre::learner

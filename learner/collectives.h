// What the trainer asks of the other ranks. Every rank makes the same calls with the same sizes in
// the same order. Each call blocks until all ranks have come, or until the implementation's
// deadline (limits.collective_seconds); after an error the buffers hold nothing of use and no
// further call may be made on this object. Called from the trainer's thread only.
//
// After a sum all ranks hold the same bits, and for the same inputs and number of ranks always the
// same bits.
#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace gyre::learner {

class Collectives {
 public:
  virtual ~Collectives() = default;

  virtual int rank() const = 0;
  virtual int world_size() const = 0;

  // In place. UNAVAILABLE or DEADLINE_EXCEEDED: a rank is gone.
  virtual absl::Status AllReduceSum(absl::Span<float> values) = 0;
  virtual absl::Status AllReduceSum(absl::Span<double> values) = 0;
  virtual absl::Status AllReduceMax(absl::Span<double> values) = 0;
};

// One rank alone: every call is done at once.
class LocalCollectives final : public Collectives {
 public:
  int rank() const override { return 0; }
  int world_size() const override { return 1; }
  absl::Status AllReduceSum(absl::Span<float>) override { return absl::OkStatus(); }
  absl::Status AllReduceSum(absl::Span<double>) override { return absl::OkStatus(); }
  absl::Status AllReduceMax(absl::Span<double>) override { return absl::OkStatus(); }
};

}  // namespace gyre::learner

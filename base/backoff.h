#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "base/counter_rng.h"

namespace gyre::base {

// Delays between attempts: the bound doubles from `initial` to `maximum`, and each delay is drawn
// from the upper half of the bound, so that members that lost the same peer at once do not come
// back at once. For one thread.
class Backoff {
 public:
  // Members give different seeds (their member id).
  Backoff(absl::Duration initial, absl::Duration maximum, std::uint64_t seed);

  absl::Duration Next();
  // The next delay starts from `initial` again.
  void Reset() { bound_ = initial_; }

 private:
  const absl::Duration initial_;
  const absl::Duration maximum_;
  const CounterRng rng_;
  std::uint64_t draws_ = 0;
  absl::Duration bound_;
};

}  // namespace gyre::base

#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "base/counter_rng.h"

namespace gyre::coordinator::simulation {

// The one source of chance of a simulation: the same seed throws the same numbers.
class Dice {
 public:
  explicit Dice(uint64_t seed) : rng_({"ledger simulation", seed}) {}

  // In [0, n), n > 0.
  uint64_t Below(uint64_t n) { return rng_.Below(thrown_++, n); }
  // In [low, high].
  uint64_t Between(uint64_t low, uint64_t high) { return low + Below(high - low + 1); }
  double Uniform() { return rng_.UniformDouble(thrown_++); }
  bool Chance(double probability) { return probability > 0 && Uniform() < probability; }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return low + (high - low) * Uniform();
  }

 private:
  const base::CounterRng rng_;
  uint64_t thrown_ = 0;
};

}  // namespace gyre::coordinator::simulation

// Draws from the standard normal distribution by Box and Muller's transform ("A note on the
// generation of random normal deviates", 1958), by kernels/double_math.h and a square root, so that
// the bits do not depend on the C library or the processor.
#pragma once

#include <cstdint>

#include "base/counter_rng.h"

namespace gyre::model {

struct NormalPair {
  double first = 0;
  double second = 0;
};

// Two independent draws from the 128 random bits at `counter`.
NormalPair DrawNormals(const base::CounterRng& rng, uint64_t counter);

}  // namespace gyre::model

#include "base/backoff.h"

#include <algorithm>

#include "base/check.h"

namespace gyre::base {

Backoff::Backoff(absl::Duration initial, absl::Duration maximum, std::uint64_t seed)
    : initial_(initial), maximum_(maximum), rng_({"backoff", seed}), bound_(initial) {
  GYRE_CHECK(initial > absl::ZeroDuration() && initial <= maximum,
             "a backoff grows from a positive delay to one that is not shorter");
}

absl::Duration Backoff::Next() {
  const absl::Duration delay = bound_ * (0.5 + 0.5 * rng_.UniformDouble(draws_++));
  bound_ = std::min(2 * bound_, maximum_);
  return delay;
}

}  // namespace gyre::base

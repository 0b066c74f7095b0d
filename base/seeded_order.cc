#include "base/seeded_order.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/counter_rng.h"

namespace gyre::base {

SeededOrder::SeededOrder(std::uint64_t seed, std::uint64_t n)
    : seed_(seed), n_(n), rounds_(24 + 4 * static_cast<int>(std::bit_width(n))) {
  GYRE_CHECK(n > 0, "an order needs at least one thing to put in order");
}

std::uint64_t SeededOrder::Index(std::uint64_t k) const {
  const CounterRng rng({"seeded order", seed_, k / n_});
  const CounterRng offsets({"seeded order offsets", seed_, k / n_});
  std::uint64_t index = k % n_;
  for (int round = 0; round < rounds_; ++round) {
    const std::uint64_t offset = offsets.Below(round, n_);
    const std::uint64_t partner = offset >= index ? offset - index : offset + (n_ - index);
    const std::uint64_t pair = std::max(index, partner);
    if (rng.At(pair, round)[0] & 1) index = partner;
  }
  return index;
}

}  // namespace gyre::base

#include "learner/share.h"

#include <algorithm>
#include <numeric>

namespace gyre::learner {
namespace {

// Gives each of `items` to a replica; the costs are cost[item].
template <typename Cost>
std::vector<std::vector<uint32_t>> Balance(std::vector<uint32_t> items, const Cost& cost,
                                           uint32_t replicas) {
  std::stable_sort(items.begin(), items.end(),
                   [&](uint32_t a, uint32_t b) { return cost(a) > cost(b); });
  std::vector<std::vector<uint32_t>> shares(replicas);
  std::vector<uint64_t> load(replicas, 0);
  for (const uint32_t item : items) {
    const auto least = std::min_element(load.begin(), load.end()) - load.begin();
    shares[static_cast<size_t>(least)].push_back(item);
    load[static_cast<size_t>(least)] += cost(item);
  }
  for (std::vector<uint32_t>& share : shares) std::sort(share.begin(), share.end());
  return shares;
}

}  // namespace

GroupShares AssignShares(absl::Span<const GroupCost> groups, uint32_t replicas,
                         uint32_t mini_batches) {
  GroupShares shares;
  const size_t even = groups.size() / mini_batches;
  const size_t larger = groups.size() % mini_batches;
  size_t next = 0;
  for (uint32_t i = 0; i < mini_batches; ++i) {
    const size_t end = next + even + (i < larger ? 1 : 0);
    std::vector<uint32_t> kept;
    for (; next < end; ++next)
      if (groups[next].train_tokens > 0) kept.push_back(static_cast<uint32_t>(next));
    const auto cost = [&](uint32_t group) { return groups[group].sequence_tokens; };
    shares.push_back(Balance(std::move(kept), cost, replicas));
  }
  return shares;
}

std::vector<std::vector<uint32_t>> AssignExamples(absl::Span<const uint64_t> example_tokens,
                                                  uint32_t replicas) {
  std::vector<uint32_t> all(example_tokens.size());
  std::iota(all.begin(), all.end(), 0u);
  return Balance(
      std::move(all), [&](uint32_t example) { return example_tokens[example]; }, replicas);
}

}  // namespace gyre::learner

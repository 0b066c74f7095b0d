#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

namespace gyre::text {

// The merges of a byte-pair encoding: which two neighbouring tokens become one, and which of them
// go first. Immutable once all are added; then thread-safe.
class BpeMerges {
 public:
  // Of two pairs the one with the lower rank is merged first. A pair that was added before takes
  // the new rank and token.
  void Add(int32_t left, int32_t right, uint32_t rank, int32_t merged);

  // Merges the neighbours among `tokens` until none can be merged: always the pair of the lowest
  // rank, the leftmost of several. Leaves the result at the front of `tokens` and returns its size.
  // Time n log n; at most 2^32 - 1 tokens.
  size_t MergeAll(absl::Span<int32_t> tokens) const;

 private:
  static constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();
  // Up to here looking at all pairs for the lowest rank is faster than a heap.
  static constexpr size_t kMostShortTokens = 128;

  // Tokens below this id are bytes and their first merges in all the vocabularies there are; most
  // pairs that are looked up are of them.
  static constexpr int32_t kNumFrequentTokens = 512;

  struct Merge {
    uint32_t rank = kNoRank;
    int32_t token = 0;
  };

  static bool AreFrequent(int32_t left, int32_t right);
  Merge Find(int32_t left, int32_t right) const;
  size_t MergeShort(absl::Span<int32_t> tokens) const;
  size_t MergeLong(absl::Span<int32_t> tokens) const;

  absl::flat_hash_map<uint64_t, Merge> merges_;  // by left and right
  // The same for pairs of frequent tokens: [left][right]. Empty: there are none.
  std::vector<Merge> frequent_merges_;
};

}  // namespace gyre::text

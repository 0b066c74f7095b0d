#include "text/bpe_merges.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <vector>

namespace gyre::text {
namespace {

uint64_t Key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

void BpeMerges::Add(int32_t left, int32_t right, uint32_t rank, int32_t merged) {
  merges_[Key(left, right)] = {rank, merged};
  if (!AreFrequent(left, right)) return;
  frequent_merges_.resize(kNumFrequentTokens * kNumFrequentTokens);
  frequent_merges_[left * kNumFrequentTokens + right] = {rank, merged};
}

bool BpeMerges::AreFrequent(int32_t left, int32_t right) {
  return left < kNumFrequentTokens && right < kNumFrequentTokens;
}

BpeMerges::Merge BpeMerges::Find(int32_t left, int32_t right) const {
  if (AreFrequent(left, right)) {
    return frequent_merges_.empty() ? Merge() : frequent_merges_[left * kNumFrequentTokens + right];
  }
  auto entry = merges_.find(Key(left, right));
  return entry == merges_.end() ? Merge() : entry->second;
}

size_t BpeMerges::MergeAll(absl::Span<int32_t> tokens) const {
  if (tokens.size() < 2) return tokens.size();
  return tokens.size() <= kMostShortTokens ? MergeShort(tokens) : MergeLong(tokens);
}

size_t BpeMerges::MergeShort(absl::Span<int32_t> tokens) const {
  // Of tokens i and i + 1.
  std::array<uint32_t, kMostShortTokens> ranks;
  std::array<int32_t, kMostShortTokens> merged;
  size_t count = tokens.size();
  auto look_up = [&](size_t i) {
    const Merge merge = Find(tokens[i], tokens[i + 1]);
    ranks[i] = merge.rank;
    merged[i] = merge.token;
  };
  for (size_t i = 0; i + 1 < count; ++i) look_up(i);
  while (count > 1) {
    const size_t best = static_cast<size_t>(
        std::min_element(ranks.begin(), ranks.begin() + count - 1) - ranks.begin());
    if (ranks[best] == kNoRank) break;
    tokens[best] = merged[best];
    std::copy(tokens.begin() + best + 2, tokens.begin() + count, tokens.begin() + best + 1);
    std::copy(ranks.begin() + best + 1, ranks.begin() + count - 1, ranks.begin() + best);
    std::copy(merged.begin() + best + 1, merged.begin() + count - 1, merged.begin() + best);
    --count;
    if (best > 0) look_up(best - 1);
    if (best + 1 < count) look_up(best);
  }
  return count;
}

// The tokens are a list linked by indices, and a token stays at the place of its first part. A heap
// holds (rank, place) of each pair; an entry whose pair is no longer there is passed over.
size_t BpeMerges::MergeLong(absl::Span<int32_t> tokens) const {
  const auto count = static_cast<uint32_t>(tokens.size());
  std::vector<uint32_t> previous(count), next(count);
  std::vector<Merge> merges(count);  // of a token and the next one
  std::vector<uint64_t> entries;
  entries.reserve(count);
  auto entry_of = [&](uint32_t i) { return static_cast<uint64_t>(merges[i].rank) << 32 | i; };
  for (uint32_t i = 0; i < count; ++i) {
    previous[i] = i - 1;  // of the first one never used
    next[i] = i + 1;
    if (i + 1 == count) break;
    merges[i] = Find(tokens[i], tokens[i + 1]);
    if (merges[i].rank != kNoRank) entries.push_back(entry_of(i));
  }
  std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>> heap(std::greater<>(),
                                                                            std::move(entries));
  auto look_up = [&](uint32_t i) {
    merges[i] = Find(tokens[i], tokens[next[i]]);
    if (merges[i].rank != kNoRank) heap.push(entry_of(i));
  };
  while (!heap.empty()) {
    const uint64_t entry = heap.top();
    heap.pop();
    const auto left = static_cast<uint32_t>(entry);
    if (merges[left].rank == kNoRank || entry != entry_of(left)) continue;
    const uint32_t right = next[left];
    tokens[left] = merges[left].token;
    next[left] = next[right];
    merges[left] = merges[right] = Merge();
    if (next[left] < count) {
      previous[next[left]] = left;
      look_up(left);
    }
    if (left > 0) look_up(previous[left]);
  }
  size_t size = 0;
  for (uint32_t i = 0; i < count; i = next[i]) tokens[size++] = tokens[i];
  return size;
}

}  // namespace gyre::text

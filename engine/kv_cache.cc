#include "engine/kv_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/check.h"

namespace gyre::engine {
namespace {

constexpr uintptr_t kHugePageBytes = uintptr_t{2} << 20;
constexpr int64_t kPageFloats = 4096 / sizeof(float);

// Attention reads blocks that lie far apart: with huge pages it misses the TLB less.
void AskForHugePages(float* data, int64_t floats) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  const uintptr_t first = (begin + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  const uintptr_t end = begin + static_cast<uintptr_t>(floats) * sizeof(float);
  // A hint: may fail.
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

}  // namespace

KvCache::KvCache(int64_t floats_per_block, int64_t num_blocks)
    : floats_per_block_(floats_per_block),
      num_blocks_(num_blocks),
      floats_(floats_per_block * num_blocks),
      owners_(static_cast<size_t>(num_blocks), 0) {
  AskForHugePages(floats_.data(), floats_per_block * num_blocks);
  free_.reserve(static_cast<size_t>(num_blocks));
  for (int64_t block = num_blocks - 1; block >= 0; --block) {
    free_.push_back(static_cast<int32_t>(block));
  }
}

void KvCache::TakeMemory(int64_t blocks) {
  const int64_t floats = floats_per_block_ * std::min(blocks, num_blocks_);
  volatile float* data = floats_.data();
  for (int64_t i = 0; i < floats; i += kPageFloats) data[i] = 0;
}

float* KvCache::Allocate() {
  GYRE_CHECK(!free_.empty(), "whoever takes a block has made room for it");
  const int32_t index = free_.back();
  free_.pop_back();
  owners_[static_cast<size_t>(index)] = 1;
  return floats_.data() + index * floats_per_block_;
}

void KvCache::Share(float* block) { ++owners_[IndexOf(block)]; }

void KvCache::Release(float* block) {
  const size_t index = IndexOf(block);
  GYRE_CHECK(owners_[index] > 0, "a block is released once by each owner");
  if (--owners_[index] == 0) free_.push_back(static_cast<int32_t>(index));
}

void KvCache::ReleaseAll(std::vector<float*>& blocks) {
  for (float* block : blocks) Release(block);
  blocks.clear();
}

float* KvCache::Copy(const float* block) {
  float* copy = Allocate();
  std::memcpy(copy, block, static_cast<size_t>(floats_per_block_) * sizeof(float));
  return copy;
}

size_t KvCache::IndexOf(const float* block) const {
  return static_cast<size_t>((block - floats_.data()) / floats_per_block_);
}

}  // namespace gyre::engine

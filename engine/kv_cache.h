#pragma once

#include <cstdint>
#include <vector>

#include "model/float_buffer.h"

namespace gyre::engine {

// The memory of all keys and values, in blocks of kernels::kBlockTokens positions of one sequence
// in all layers. A block may belong to several sequences that share a prefix; it is free again when
// the last one has released it. For one thread.
class KvCache {
 public:
  // Memory is taken from the system as blocks are used for the first time.
  KvCache(int64_t floats_per_block, int64_t num_blocks);
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  // Takes that of the blocks that will be used first, before any is.
  void TakeMemory(int64_t blocks);

  // A block with one owner and undefined content. There is a free one.
  float* Allocate();
  // One owner more.
  void Share(float* block);
  // One owner less.
  void Release(float* block);
  // Of all blocks in the list, which is then empty.
  void ReleaseAll(std::vector<float*>& blocks);

  // A block of one owner with `block`'s content.
  float* Copy(const float* block);

  int64_t num_blocks() const { return num_blocks_; }
  int64_t free_blocks() const { return static_cast<int64_t>(free_.size()); }
  int64_t used_blocks() const { return num_blocks_ - free_blocks(); }

 private:
  size_t IndexOf(const float* block) const;

  const int64_t floats_per_block_;
  const int64_t num_blocks_;
  model::FloatBuffer floats_;
  std::vector<int32_t> owners_;  // [num_blocks]
  std::vector<int32_t> free_;  // the block used last is on top: it may still be in the CPU's cache
};

}  // namespace gyre::engine

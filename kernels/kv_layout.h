// Where a key or a value stands in a cache block. A block holds kBlockTokens consecutive positions
// of one layer of one sequence as one contiguous float array:
//   keys   [kv_heads][head_size][kBlockTokens]   (transposed, so that 16 scores are one vector)
//   values [kv_heads][kBlockTokens][head_size]
#pragma once

#include <cstdint>

#include "kernels/on_device.h"

namespace gyre::kernels {

inline constexpr int32_t kBlockTokens = 16;

// Blocks that so many positions fill.
constexpr int64_t BlocksOf(int64_t positions) {
  return (positions + kBlockTokens - 1) / kBlockTokens;
}

struct KvLayout {
  int32_t kv_heads = 0;
  int32_t head_size = 0;

  GYRE_ON_DEVICE constexpr int64_t FloatsPerBlock() const { return 2 * ValuesOffset(); }
  // From a block's start to its values.
  GYRE_ON_DEVICE constexpr int64_t ValuesOffset() const {
    return int64_t{kv_heads} * head_size * kBlockTokens;
  }
};

// Writes one token's key row and value row ([kv_heads][head_size] each) at position offset_in_block
// (0..kBlockTokens-1).
void WriteKv(const KvLayout& layout, float* block, int32_t offset_in_block, const float* k_row,
             const float* v_row);

}  // namespace gyre::kernels

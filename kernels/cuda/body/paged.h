// Where the keys and values of a row's sequence are.
#pragma once

#include "kernels/cuda/tasks.h"

namespace gyre::kernels::cuda {

// The keys [head_size][kBlockTokens] of a key-value head in block number `block` of the row's
// sequence; the values [kBlockTokens][head_size] of the same head are the layout's ValuesOffset()
// further on.
template <typename Cached>
GYRE_ON_DEVICE Cached* KeysOfBlock(const CacheLayer& cache, const PagedRows& rows, int64_t row,
                                   int64_t block, int64_t kv_head) {
  const int64_t index = rows.block_table[rows.first_block[row] + block];
  return static_cast<Cached*>(cache.blocks) + index * cache.block_stride + cache.offset +
         kv_head * cache.layout.head_size * kBlockTokens;
}

}  // namespace gyre::kernels::cuda

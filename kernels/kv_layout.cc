#include "kernels/kv_layout.h"

#include <cstring>

namespace gyre::kernels {

void WriteKv(const KvLayout& layout, float* block, int32_t offset_in_block, const float* k_row,
             const float* v_row) {
  const int64_t size = layout.head_size;
  for (int64_t i = 0; i < layout.kv_heads * size; ++i)
    block[i * kBlockTokens + offset_in_block] = k_row[i];
  float* values = block + layout.ValuesOffset() + offset_in_block * size;
  for (int64_t head = 0; head < layout.kv_heads; ++head)
    std::memcpy(values + head * kBlockTokens * size, v_row + head * size,
                static_cast<size_t>(size) * sizeof(float));
}

}  // namespace gyre::kernels

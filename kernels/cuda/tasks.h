// The arguments of the CUDA kernels: what kernels/kernel_table.h has for the CPU, over device
// memory. All pointers are the device's; null only where a comment says so. Rows that come out of a
// matrix product are f32; those that go into one, and weights, are of either ElementType. Strides
// count elements, from one row to the next.
#pragma once

#include <cstdint>

#include "kernels/cuda/element.h"
#include "kernels/kernel_table.h"
#include "kernels/kv_layout.h"
#include "kernels/truncated_sample.h"

namespace gyre::kernels::cuda {

// y = the rows of `table` that the tokens name.
struct EmbeddingTask {
  const int32_t* tokens = nullptr;  // [rows]
  int64_t rows = 0;
  int64_t size = 0;
  ElementType type = ElementType::kF32;
  const void* table = nullptr;  // [vocabulary][size]
  float* y = nullptr;           // [rows][size]
};

// y = x·wᵀ, or y += x·wᵀ. Not a body but cuBLAS's (kernels/cuda/blas.h), so a row's bits may depend
// on the number of rows.
struct LinearTask {
  ElementType type = ElementType::kF32;  // of x and w; sums are f32 whatever it is
  const void* x = nullptr;               // [rows][inputs]
  int64_t rows = 0;
  const void* w = nullptr;  // [outputs][inputs]
  int64_t inputs = 0;
  int64_t outputs = 0;
  float* y = nullptr;  // [rows][outputs]
  bool accumulate = false;
};

// x += bias, row by row.
struct BiasTask {
  float* x = nullptr;  // [rows][size]
  int64_t x_stride = 0;
  int64_t rows = 0;
  int64_t size = 0;
  const float* bias = nullptr;  // [size]
};

// y = x · inv_rms · weight for each of the `groups` of `size` floats that stand side by side in a
// row (the heads of a query; 1 for a whole row). y may be x where both are f32.
struct RmsNormTask {
  const float* x = nullptr;  // [..][groups][size]
  int64_t x_stride = 0;
  const int32_t* chosen = nullptr;  // [rows], which rows of x; null: all in order
  int64_t rows = 0;
  int64_t groups = 1;
  int64_t size = 0;
  const float* weight = nullptr;  // [size]
  float epsilon = 1e-5f;
  ElementType y_type = ElementType::kF32;
  void* y = nullptr;  // [rows][groups][size]
  int64_t y_stride = 0;
};

// In place, the rotate-half form of kernels::RopeArguments over RopeTable's tables.
struct RopeTask {
  float* x = nullptr;  // [rows][heads][head_size]
  int64_t x_stride = 0;
  int64_t rows = 0;
  int64_t heads = 0;
  int64_t head_size = 0;
  const int32_t* positions = nullptr;  // [rows]
  const float* cos = nullptr;          // [positions][head_size / 2]
  const float* sin = nullptr;
};

// y = silu(gate) · up.
struct SwigluTask {
  const float* gate_up = nullptr;  // [rows][2][size]
  int64_t rows = 0;
  int64_t size = 0;
  ElementType y_type = ElementType::kF32;
  void* y = nullptr;  // [rows][size]
};

// One layer of a cache whose blocks are KvLayout's, of either element type.
struct CacheLayer {
  ElementType type = ElementType::kF32;
  void* blocks = nullptr;
  KvLayout layout;
  int64_t block_stride = 0;  // elements from a block to the next: of all layers
  int64_t offset = 0;        // elements from a block's start to this layer
};

// Rows of sequences whose blocks are scattered over the cache: position p of a row's sequence is in
// block block_table[first_block[row] + p / kBlockTokens].
struct PagedRows {
  int64_t rows = 0;
  const int32_t* positions = nullptr;    // [rows]
  const int32_t* first_block = nullptr;  // [rows]
  const int32_t* block_table = nullptr;
};

// Takes each row's keys and values into the cache, at its position.
struct KvWriteTask {
  PagedRows rows;
  CacheLayer cache;
  const float* keys = nullptr;  // [rows][kv_heads][head_size]
  const float* values = nullptr;
  int64_t stride = 0;  // of both
};

// Each row attends to the positions 0 … its own of its sequence. The positions are cut into parts
// of kPartPositions counted from 0; a part is worked on by a team of its own and the parts of a row
// are joined in order, so that neither the batch nor the length of others changes a bit.
inline constexpr int64_t kPartPositions = 256;
struct AttentionTask {
  PagedRows rows;
  CacheLayer cache;
  int64_t heads = 0;         // a multiple of the cache's
  const float* q = nullptr;  // [rows][heads][head_size]
  int64_t q_stride = 0;
  int64_t most_parts = 0;  // ⌈longest length of the rows / kPartPositions⌉, at most kMostGridSide
  float* parts = nullptr;  // AttentionPartFloats(…) of scratch
  ElementType out_type = ElementType::kF32;
  void* out = nullptr;  // [rows][heads][head_size]
};
inline constexpr int64_t AttentionPartFloats(int64_t rows, int64_t heads, int64_t head_size,
                                             int64_t most_parts) {
  return rows * heads * most_parts * (head_size + 2);
}

// Over l = logits · inverse_temperature: see kernels::LogSoftmaxArguments.
struct LogSoftmaxTask {
  const float* logits = nullptr;  // [rows][vocabulary]
  int64_t rows = 0;
  int64_t vocabulary = 0;
  float inverse_temperature = 1.0f;
  const int32_t* targets = nullptr;  // [rows]
  float* logprob = nullptr;          // [rows] or null, as the next ones
  float* entropy = nullptr;
  float* logsumexp = nullptr;
};

// How a row's token is drawn: KernelTable::sample's definition, or TruncatedSampler's.
struct RowDraw {
  float temperature = 1.0f;
  float uniform = 0.0f;  // in [0, 1)
  Truncation truncation = {};
};

// The token is the one that the CPU's kernels draw from the same logits.
struct SampleTask {
  const float* logits = nullptr;  // [rows][vocabulary]
  int64_t rows = 0;
  int64_t vocabulary = 0;
  const RowDraw* draws = nullptr;  // [rows]
  SampledToken* tokens = nullptr;  // [rows]
};

}  // namespace gyre::kernels::cuda

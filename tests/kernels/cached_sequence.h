// A random sequence with its cache in blocks, for the tests of attention and of its gradients.
#pragma once

#include <limits>
#include <numeric>
#include <vector>

#include "kernels/kernel_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {

struct AttentionShape {
  int32_t heads, kv_heads, head_size;
  int64_t length;
};

inline std::vector<AttentionShape> AttentionShapes() {
  return {{4, 4, 24, 130}, {4, 2, 24, 37},  {1, 1, 64, 16},           {9, 3, 64, 50},
          {2, 1, 128, 33}, {3, 3, 8, 1},    {6, 1, 40, 19},           {2, 2, 17, 65},
          {8, 1, 96, 20},  {2, 1, 130, 21}, {2, 1, kMostHeadSize, 18}};
}

// A sequence of random queries, keys and values, and its cache in blocks.
struct CachedSequence {
  CachedSequence(const AttentionShape& shape, uint32_t seed)
      : random(seed),
        shape(shape),
        layout{shape.kv_heads, shape.head_size},
        q(random.Normals(shape.length, shape.heads * shape.head_size, 1)),
        k(random.Normals(shape.length, shape.kv_heads * shape.head_size, 2)),
        v(random.Normals(shape.length, shape.kv_heads * shape.head_size, 3)) {}

  struct Output {
    explicit Output(const AttentionShape& shape)
        : out(shape.length, shape.heads * shape.head_size, 2),
          lse(static_cast<size_t>(shape.length * shape.heads)) {}
    Matrix out;
    std::vector<float> lse;
  };

  int64_t NumBlocks() const { return BlocksOf(shape.length); }

  // Blocks of this sequence as part `layer` of larger blocks, block i at place order[i]; the rest
  // holds not-a-numbers.
  void Fill(int64_t layers, int64_t layer, const std::vector<int64_t>& order) {
    const int64_t floats = layout.FloatsPerBlock() * layers;
    storage.assign(static_cast<size_t>(floats * NumBlocks()),
                   std::numeric_limits<float>::quiet_NaN());
    blocks.clear();
    for (int64_t i = 0; i < NumBlocks(); ++i)
      blocks.push_back(storage.data() + order[static_cast<size_t>(i)] * floats);
    block_offset = layout.FloatsPerBlock() * layer;
    for (int64_t t = 0; t < shape.length; ++t) {
      float* block =
          storage.data() + order[static_cast<size_t>(t / kBlockTokens)] * floats + block_offset;
      WriteKv(layout, block, static_cast<int32_t>(t % kBlockTokens), k.row(t), v.row(t));
    }
  }
  void Fill() {
    std::vector<int64_t> order(static_cast<size_t>(NumBlocks()));
    std::iota(order.begin(), order.end(), 0);
    Fill(1, 0, order);
  }

  AttentionRow Row(int64_t t, Output& output) const {
    return {.q = q.row(t),
            .out = output.out.row(t),
            .blocks = blocks.data(),
            .length = static_cast<int32_t>(t + 1),
            .lse = output.lse.data() + t * shape.heads};
  }
  void Attend(const KernelTable& kernels, const std::vector<AttentionRow>& rows) const {
    std::vector<float> scratch(static_cast<size_t>(AttentionScratchFloats(shape.length)));
    kernels.attention({.layout = layout,
                       .heads = shape.heads,
                       .rows = rows.data(),
                       .num_rows = static_cast<int64_t>(rows.size()),
                       .block_offset = block_offset,
                       .scratch = scratch.data()});
  }
  Output AttendToAll(const KernelTable& kernels) const {
    Output output(shape);
    std::vector<AttentionRow> rows;
    for (int64_t t = 0; t < shape.length; ++t) rows.push_back(Row(t, output));
    Attend(kernels, rows);
    return output;
  }

  RandomTensors random;
  AttentionShape shape;
  KvLayout layout;
  Matrix q, k, v;
  std::vector<float> storage;
  std::vector<const float*> blocks;
  int64_t block_offset = 0;
};

}  // namespace gyre::kernels

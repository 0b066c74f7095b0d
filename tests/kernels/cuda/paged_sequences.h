// Random sequences with their keys and values in scattered blocks of a cache, for the tests of
// paged attention.
#pragma once

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/kv_layout.h"
#include "tests/kernels/cuda/device_vector.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels::cuda {

struct PagedShape {
  int32_t heads, kv_heads, head_size;
};

// A row of a call: position `position` of sequence `sequence`.
struct RowOfSequence {
  int64_t sequence;
  int32_t position;
};

class PagedSequences {
 public:
  // Two layers, of which the second is filled; not-a-numbers wherever nothing stands.
  PagedSequences(const PagedShape& shape, ElementType type, const std::vector<int64_t>& lengths,
                 uint32_t seed)
      : shape_(shape), type_(type), layout_{shape.kv_heads, shape.head_size}, random_(seed) {
    int64_t blocks = 0;
    for (const int64_t length : lengths) {
      first_block_.push_back(static_cast<int32_t>(blocks));
      blocks += BlocksOf(length);
      queries_.push_back(random_.Floats(length * shape.heads * shape.head_size));
    }
    for (int64_t i = 0; i < blocks; ++i) table_.push_back(static_cast<int32_t>(i));
    std::mt19937 generator(seed);
    std::shuffle(table_.begin(), table_.end(), generator);
    cache_.assign(static_cast<size_t>(blocks * BlockStride()),
                  std::numeric_limits<float>::quiet_NaN());
    for (size_t s = 0; s < lengths.size(); ++s) {
      for (int64_t p = 0; p < lengths[s]; ++p) {
        const std::vector<float> k = AsElements(type, random_.Floats(KvSize()));
        const std::vector<float> v = AsElements(type, random_.Floats(KvSize()));
        const int32_t block = table_[static_cast<size_t>(first_block_[s] + p / kBlockTokens)];
        WriteKv(layout_, cache_.data() + block * BlockStride() + LayerOffset(),
                static_cast<int32_t>(p % kBlockTokens), k.data(), v.data());
      }
    }
  }

  // By the bodies; [rows][heads][head_size].
  std::vector<float> Attend(Device& device, const std::vector<RowOfSequence>& rows,
                            ElementType out_type = ElementType::kF32) const {
    std::vector<int32_t> positions;
    std::vector<int32_t> first_block;
    std::vector<float> q;
    int32_t last = 0;
    for (const RowOfSequence& row : rows) {
      positions.push_back(row.position);
      first_block.push_back(first_block_[static_cast<size_t>(row.sequence)]);
      q.insert(q.end(), Query(row), Query(row) + QSize());
      q.insert(q.end(), 3, 0.0f);
      last = std::max(last, row.position);
    }
    const auto num_rows = static_cast<int64_t>(rows.size());
    const int64_t parts = last / kPartPositions + 1;
    const ElementVector cache(device, type_, cache_);
    const DeviceVector<int32_t> device_table(device, table_);
    const DeviceVector<int32_t> device_positions(device, positions);
    const DeviceVector<int32_t> device_first_block(device, first_block);
    const DeviceVector<float> device_q(device, q);
    const DeviceVector<float> scratch(
        device, AttentionPartFloats(num_rows, shape_.heads, shape_.head_size, parts));
    const ElementVector out(device, out_type, num_rows * QSize());
    device.Run(AttentionTask{.rows = {.rows = num_rows,
                                      .positions = device_positions.data(),
                                      .first_block = device_first_block.data(),
                                      .block_table = device_table.data()},
                             .cache = Layer(cache.data()),
                             .heads = shape_.heads,
                             .q = device_q.data(),
                             .q_stride = QSize() + 3,
                             .most_parts = parts,
                             .parts = scratch.data(),
                             .out_type = out_type,
                             .out = out.data()});
    return out.Host();
  }

  // By the CPU's kernel.
  std::vector<float> AttendOnCpu(const RowOfSequence& row) const {
    std::vector<const float*> blocks;
    for (int64_t i = 0; i <= row.position / kBlockTokens; ++i) {
      const int64_t at = first_block_[static_cast<size_t>(row.sequence)] + i;
      blocks.push_back(cache_.data() + table_[static_cast<size_t>(at)] * BlockStride());
    }
    std::vector<float> out(static_cast<size_t>(QSize()));
    std::vector<float> scratch(static_cast<size_t>(AttentionScratchFloats(row.position + 1)));
    const AttentionRow attention_row = {
        .q = Query(row), .out = out.data(), .blocks = blocks.data(), .length = row.position + 1};
    Kernels(BestInstructionSet())
        .attention({.layout = layout_,
                    .heads = shape_.heads,
                    .rows = &attention_row,
                    .num_rows = 1,
                    .block_offset = LayerOffset(),
                    .scratch = scratch.data()});
    return out;
  }

  int64_t QSize() const { return int64_t{shape_.heads} * shape_.head_size; }
  int64_t KvSize() const { return int64_t{shape_.kv_heads} * shape_.head_size; }

 private:
  int64_t BlockStride() const { return 2 * layout_.FloatsPerBlock(); }
  int64_t LayerOffset() const { return layout_.FloatsPerBlock(); }
  const float* Query(const RowOfSequence& row) const {
    return queries_[static_cast<size_t>(row.sequence)].data() + row.position * QSize();
  }
  CacheLayer Layer(void* blocks) const {
    return {.type = type_,
            .blocks = blocks,
            .layout = layout_,
            .block_stride = BlockStride(),
            .offset = LayerOffset()};
  }

  PagedShape shape_;
  ElementType type_;
  KvLayout layout_;
  RandomTensors random_;
  std::vector<int32_t> first_block_;  // of each sequence, in table_
  std::vector<int32_t> table_;
  std::vector<std::vector<float>> queries_;  // of each sequence: [length][heads][head_size]
  std::vector<float> cache_;                 // the elements as floats
};

}  // namespace gyre::kernels::cuda

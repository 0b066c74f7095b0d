// The paged attention and the cache write of the CUDA kernels, run by their twin on the processor.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/kernels/cuda/paged_sequences.h"
#include "tests/kernels/cuda/twin_device.h"

namespace gyre::kernels::cuda {
namespace {

// Grouped heads that fill a team's eight, do not, and are more; sizes with tails.
constexpr PagedShape kShapes[] = {{4, 4, 24},  {9, 3, 64},   {7, 1, 17},
                                  {12, 1, 40}, {28, 4, 128}, {2, 1, kMostHeadSize}};

std::vector<float> RowOf(const std::vector<float>& out, int64_t row, int64_t size) {
  return {out.begin() + row * size, out.begin() + (row + 1) * size};
}

// A single part is joined by multiplying with 1 and adding to 0.
TEST(CudaAttention, GivesTheCpusBitsWithinOnePart) {
  for (const PagedShape& shape : kShapes) {
    for (const ElementType type : {ElementType::kF32, ElementType::kBf16}) {
      const PagedSequences sequences(shape, type, {1, 16, 37, kPartPositions}, 1);
      const std::vector<RowOfSequence> rows = {{0, 0},  {1, 14}, {1, 15},  {2, 36},
                                               {2, 20}, {3, 3},  {3, 254}, {3, kPartPositions - 1}};
      TwinDevice device;
      const std::vector<float> out = sequences.Attend(device, rows);
      for (size_t i = 0; i < rows.size(); ++i) {
        ExpectSameBits(RowOf(out, static_cast<int64_t>(i), sequences.QSize()),
                       sequences.AttendOnCpu(rows[i]), "row " + std::to_string(i));
      }
    }
  }
}

TEST(CudaAttention, AgreesWithTheCpuOverSeveralParts) {
  for (const PagedShape& shape : kShapes) {
    const PagedSequences sequences(shape, ElementType::kF32, {257, 700}, 2);
    const std::vector<RowOfSequence> rows = {{0, 256}, {1, 511}, {1, 512}, {1, 699}};
    TwinDevice device;
    const std::vector<float> out = sequences.Attend(device, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::vector<float> expected = sequences.AttendOnCpu(rows[i]);
      for (size_t j = 0; j < expected.size(); ++j)
        ASSERT_NEAR(out[i * expected.size() + j], expected[j], 1e-6) << "row " << i;
    }
  }
}

TEST(CudaAttention, GivesARowTheSameBitsInEveryBatch) {
  for (const ElementType type : {ElementType::kF32, ElementType::kBf16}) {
    const PagedSequences sequences({6, 2, 24}, type, {300, 20, 600}, 3);
    std::vector<RowOfSequence> rows = {{0, 299}, {1, 19}, {2, 599}, {2, 100}, {0, 7}};
    TwinDevice device;
    const std::vector<float> together = sequences.Attend(device, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      ExpectSameBits(sequences.Attend(device, {rows[i]}),
                     RowOf(together, static_cast<int64_t>(i), sequences.QSize()), "alone");
    }
    std::reverse(rows.begin(), rows.end());
    rows.push_back({2, 598});
    const std::vector<float> others = sequences.Attend(device, rows);
    for (int64_t i = 0; i < 5; ++i) {
      ExpectSameBits(RowOf(others, i, sequences.QSize()), RowOf(together, 4 - i, sequences.QSize()),
                     "among others");
    }
  }
}

TEST(CudaAttention, RoundsItsOutputWhereItIsAskedTo) {
  const PagedSequences sequences({4, 2, 24}, ElementType::kF32, {300}, 4);
  TwinDevice device;
  EXPECT_EQ(sequences.Attend(device, {{0, 299}}, ElementType::kBf16),
            AsElements(ElementType::kBf16, sequences.Attend(device, {{0, 299}})));
}

TEST(CudaKvWrite, PutsRowsWhereTheCpuPutsThem) {
  const KvLayout layout = {3, 10};
  const int64_t size = layout.kv_heads * layout.head_size;
  const int64_t block_stride = 2 * layout.FloatsPerBlock();
  RandomTensors random(5);
  const std::vector<int32_t> table = {2, 0, 1};
  const std::vector<int32_t> positions = {0, 17, 31, 5};
  const std::vector<int32_t> first_block = {0, 1, 1, 0};
  for (const ElementType type : {ElementType::kF32, ElementType::kBf16}) {
    std::vector<float> expected = random.Floats(3 * block_stride);
    expected = AsElements(type, expected);
    const std::vector<float> rows = random.Floats(4 * (2 * size + 1));
    TwinDevice device;
    const ElementVector cache(device, type, expected);
    const DeviceVector<int32_t> device_table(device, table);
    const DeviceVector<int32_t> device_positions(device, positions);
    const DeviceVector<int32_t> device_first_block(device, first_block);
    const DeviceVector<float> device_rows(device, rows);
    device.Run(KvWriteTask{.rows = {.rows = 4,
                                    .positions = device_positions.data(),
                                    .first_block = device_first_block.data(),
                                    .block_table = device_table.data()},
                           .cache = {.type = type,
                                     .blocks = cache.data(),
                                     .layout = layout,
                                     .block_stride = block_stride,
                                     .offset = layout.FloatsPerBlock()},
                           .keys = device_rows.data(),
                           .values = device_rows.data() + size,
                           .stride = 2 * size + 1});
    for (size_t i = 0; i < 4; ++i) {
      const std::vector<float> row =
          AsElements(type, {rows.begin() + static_cast<int64_t>(i) * (2 * size + 1), rows.end()});
      const auto block = static_cast<size_t>(first_block[i] + positions[i] / kBlockTokens);
      WriteKv(layout, expected.data() + table[block] * block_stride + layout.FloatsPerBlock(),
              positions[i] % kBlockTokens, row.data(), row.data() + size);
    }
    ExpectSameBits(cache.Host(), expected, "cache");
  }
}

}  // namespace
}  // namespace gyre::kernels::cuda

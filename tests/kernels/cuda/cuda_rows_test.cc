// The CUDA kernels that work row by row, run by their twin on the processor, against the CPU's.
#include <bit>
#include <cmath>
#include <vector>

#include "kernels/cuda/elementary.h"
#include "tests/kernels/cuda/device_cases.h"
#include "tests/kernels/cuda/twin_device.h"

namespace gyre::kernels::cuda {
namespace {

const KernelTable& Cpu() { return Kernels(BestInstructionSet()); }

TEST(CudaElementary, GivesTheCpusBits) {
  std::vector<float> x;
  for (uint32_t bits = 0; bits < 0xFF800000u - 70'001; bits += 70'001)
    x.push_back(std::bit_cast<float>(bits));
  std::erase_if(x, [](float value) { return std::isnan(value); });
  std::vector<float> expected(x.size());
  std::vector<float> actual(x.size());
  Cpu().exp(x.data(), expected.data(), static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) actual[i] = Exp(x[i]);
  ExpectSameBits(actual, expected, "exp");
  std::erase_if(x, [](float value) { return value < 0; });
  expected.resize(x.size());
  actual.resize(x.size());
  Cpu().log(x.data(), expected.data(), static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) actual[i] = Log(x[i]);
  ExpectSameBits(actual, expected, "log");
  EXPECT_TRUE(std::isnan(Exp(std::nanf(""))));
}

TEST(Bf16, RoundsToTheNearestAndTiesToEven) {
  const auto rounded = [](uint32_t bits) {
    Bf16 element;
    Store(std::bit_cast<float>(bits), &element);
    return element.bits;
  };
  EXPECT_EQ(rounded(0x3F800000), 0x3F80);  // 1
  EXPECT_EQ(rounded(0x3F808000), 0x3F80);  // half way: down to even
  EXPECT_EQ(rounded(0x3F818000), 0x3F82);  // half way: up to even
  EXPECT_EQ(rounded(0x3F808001), 0x3F81);
  EXPECT_EQ(rounded(0xBF80FFFF), 0xBF81);
  EXPECT_EQ(rounded(0x7F7FFFFF), 0x7F80);  // the largest f32 is past the largest bf16
  EXPECT_EQ(rounded(0x7F800000), 0x7F80);
  EXPECT_EQ(rounded(0x7F800001) & 0x7FC0, 0x7FC0) << "not a number stays so";
  EXPECT_EQ(ToFloat(Bf16{0xC049}), -3.140625f);
}

TEST(CudaRope, GivesTheCpusBits) {
  RandomTensors random(4);  // RunRope's
  std::vector<float> expected = random.Floats(3 * 9 * 34);
  const RopeTable table(34, 50, 10000);
  const int32_t positions[] = {0, 49, 7};
  Cpu().rope({.x = expected.data(),
              .row_stride = 9 * 34,
              .rows = 3,
              .heads = 8,
              .head_size = 34,
              .positions = positions,
              .cos = table.cos(),
              .sin = table.sin()});
  TwinDevice device;
  ExpectSameBits(RunRope(device), expected, "rope");
}

TEST(CudaSwiglu, GivesTheCpusBits) {
  RandomTensors random(5);  // RunSwiglu's
  const std::vector<float> gate_up = random.Floats(3 * 2 * 700, 4.0f);
  std::vector<float> expected(3 * 700);
  Cpu().swiglu({.gate = gate_up.data(),
                .gate_stride = 1400,
                .up = gate_up.data() + 700,
                .up_stride = 1400,
                .rows = 3,
                .size = 700,
                .y = expected.data(),
                .y_stride = 700});
  TwinDevice device;
  ExpectSameBits(RunSwiglu(device, ElementType::kF32), expected, "f32");
  EXPECT_EQ(RunSwiglu(device, ElementType::kBf16), AsElements(ElementType::kBf16, expected));
}

// Sums are joined in another order than the CPU's: to within rounding.
TEST(CudaRmsNorm, AgreesWithTheCpuForChosenRowsAndHeads) {
  for (const int64_t size : {1, 24, 128, 300, 1000}) {
    RandomTensors random(3);  // RunRmsNorm's
    const std::vector<float> x = random.Floats(4 * (3 * size + 1));
    const std::vector<float> weight = random.Floats(size);
    std::vector<float> expected(static_cast<size_t>(2 * 3 * size));
    for (const int64_t row : {0, 1}) {
      Cpu().rms_norm({.x = x.data() + (row == 0 ? 2 : 0) * (3 * size + 1),
                      .x_stride = size,
                      .rows = 3,
                      .size = size,
                      .weight = weight.data(),
                      .epsilon = 1e-5f,
                      .y = expected.data() + row * 3 * size,
                      .y_stride = size});
    }
    TwinDevice device;
    const std::vector<float> actual = RunRmsNorm(device, ElementType::kF32, size);
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(actual[i], expected[i], 1e-6 * (1 + std::abs(expected[i]))) << "size " << size;
    EXPECT_EQ(RunRmsNorm(device, ElementType::kBf16, size), AsElements(ElementType::kBf16, actual));
  }
}

TEST(CudaRmsNorm, WorksInPlaceAndGivesARowTheSameBitsAlone) {
  RandomTensors random(6);
  const std::vector<float> x = random.Floats(5 * 96);
  TwinDevice device;
  const DeviceVector<float> weight(device, random.Floats(24));
  const auto norm = [&](const std::vector<float>& rows, int64_t count) {
    const DeviceVector<float> all(device, rows);
    device.Run(RmsNormTask{.x = all.data(),
                           .x_stride = 96,
                           .rows = count,
                           .groups = 4,
                           .size = 24,
                           .weight = weight.data(),
                           .y = all.data(),
                           .y_stride = 96});
    return all.Host();
  };
  const std::vector<float> together = norm(x, 5);
  for (int64_t row = 0; row < 5; ++row) {
    const std::vector<float> alone = norm({x.begin() + row * 96, x.begin() + (row + 1) * 96}, 1);
    ExpectSameBits(alone.data(), together.data() + row * 96, 96, "row");
  }
}

TEST(CudaEmbedding, GivesTheRowsThatTheTokensName) {
  RandomTensors random(1);  // RunEmbedding's
  const std::vector<float> table = random.Floats(11 * 200);
  for (const ElementType type : {ElementType::kF32, ElementType::kBf16}) {
    TwinDevice device;
    const std::vector<float> rows = RunEmbedding(device, type);
    const std::vector<float> elements = AsElements(type, table);
    int64_t row = 0;
    for (const int64_t token : {3, 0, 10, 3})
      ExpectSameBits(rows.data() + 200 * row++, elements.data() + 200 * token, 200, "row");
  }
}

TEST(CudaBias, IsAddedToEachRowAndToNothingElse) {
  RandomTensors random(2);  // RunBias's
  std::vector<float> expected = random.Floats(3 * 205);
  const std::vector<float> bias = random.Floats(200);
  for (size_t row = 0; row < 3; ++row)
    for (size_t i = 0; i < 200; ++i) expected[row * 205 + i] += bias[i];
  TwinDevice device;
  ExpectSameBits(RunBias(device), expected, "rows");
}

}  // namespace
}  // namespace gyre::kernels::cuda

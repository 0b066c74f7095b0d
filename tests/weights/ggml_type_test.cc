#include "weights/ggml_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/weights/gguf_builder.h"

namespace gyre::weights {
namespace {

using testing::ElementsAre;

constexpr uint16_t kHalf = 0x3800;      // 0.5 as f16
constexpr uint16_t kMinusOne = 0xBC00;  // -1 as f16

std::vector<float> Values(GgmlType type, const std::string& bytes, size_t count) {
  std::vector<float> values(count);
  Dequantize(type, bytes, values);
  return values;
}

TEST(GgmlType, ReadsTheFloats) {
  EXPECT_THAT(Values(GgmlType::kF32, BytesOf(1.25f) + BytesOf(-3.0f), 2), ElementsAre(1.25f, -3));
  EXPECT_THAT(Values(GgmlType::kF16, BytesOf(kHalf) + BytesOf(kMinusOne), 2),
              ElementsAre(0.5f, -1));
  EXPECT_THAT(Values(GgmlType::kBF16, BytesOf<uint16_t>(0xC040), 1), ElementsAre(-3));
}

TEST(GgmlType, ReadsBlocksOf8Bits) {
  std::string block = BytesOf(kHalf);
  for (int i = 0; i < 32; ++i) block += static_cast<char>(i * 8 - 128);
  const std::vector<float> values = Values(GgmlType::kQ8_0, block + block, 64);
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(values[static_cast<size_t>(i)], 0.5f * static_cast<float>(i % 32 * 8 - 128));
  }
}

TEST(GgmlType, ReadsBlocksOf4BitsLowNibblesFirst) {
  std::string nibbles;
  for (int i = 0; i < 16; ++i) nibbles += static_cast<char>(i | (15 - i) << 4);
  const std::vector<float> centred = Values(GgmlType::kQ4_0, BytesOf(kHalf) + nibbles, 32);
  const std::vector<float> shifted =
      Values(GgmlType::kQ4_1, BytesOf(kHalf) + BytesOf(kMinusOne) + nibbles, 32);
  for (int i = 0; i < 32; ++i) {
    const float q = static_cast<float>(i < 16 ? i : 31 - i);
    EXPECT_EQ(centred[static_cast<size_t>(i)], 0.5f * (q - 8));
    EXPECT_EQ(shifted[static_cast<size_t>(i)], 0.5f * q - 1);
  }
}

TEST(GgmlType, KnowsTheNamesOfOthers) {
  EXPECT_EQ(GgmlTypeOf(3), GgmlType::kQ4_1);
  EXPECT_EQ(GgmlTypeOf(12), std::nullopt);
  EXPECT_EQ(GgmlTypeName(8), "Q8_0");
  EXPECT_EQ(GgmlTypeName(14), "Q6_K");
  EXPECT_EQ(GgmlTypeName(30), "BF16");
  EXPECT_EQ(GgmlTypeName(31), "31");
}

}  // namespace
}  // namespace gyre::weights

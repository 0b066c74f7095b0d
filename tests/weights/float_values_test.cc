#include "weights/float_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gyre::weights {
namespace {

float One(DType dtype, uint16_t bits) {
  const char bytes[] = {static_cast<char>(bits), static_cast<char>(bits >> 8)};
  float value = 0;
  absl::Status status = CopyAsFloat({"t", dtype, {}, {bytes, 2}}, {&value, 1});
  EXPECT_TRUE(status.ok()) << status;
  return value;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Values of IEEE 754-2008, binary16. (All of them stand against numpy in safetensors_oracle_test.)
TEST(FloatValues, ReadsF16) {
  EXPECT_EQ(One(DType::kF16, 0x3C00), 1.0f);
  EXPECT_EQ(One(DType::kF16, 0xC000), -2.0f);
  EXPECT_EQ(One(DType::kF16, 0x7BFF), 65504.0f);
  EXPECT_EQ(One(DType::kF16, 0x0400), 0x1p-14f);
  EXPECT_EQ(One(DType::kF16, 0x0001), 0x1p-24f);
  EXPECT_EQ(One(DType::kF16, 0x83FF), -1023 * 0x1p-24f);
  EXPECT_TRUE(std::signbit(One(DType::kF16, 0x8000)));
  EXPECT_EQ(One(DType::kF16, 0xFC00), -kInfinity);
  EXPECT_TRUE(std::isnan(One(DType::kF16, 0x7E00)));
}

TEST(FloatValues, ReadsBF16) {
  EXPECT_EQ(One(DType::kBF16, 0x3F80), 1.0f);
  EXPECT_EQ(One(DType::kBF16, 0xC049), -3.140625f);
  EXPECT_EQ(One(DType::kBF16, 0x7F80), kInfinity);
  EXPECT_EQ(One(DType::kBF16, 0x0001), 0x1p-133f);
}

TEST(FloatValues, ReadsF32FromAnyAddress) {
  const float values[] = {1.5f, -0.0f, 0x1p-149f};
  std::string bytes = "x";
  bytes.append(reinterpret_cast<const char*>(values), sizeof(values));
  const TensorView tensor{"t", DType::kF32, {3}, std::string_view(bytes).substr(1)};
  EXPECT_EQ(NumElements(tensor), 3);
  float copied[3];
  ASSERT_TRUE(CopyAsFloat(tensor, copied).ok());
  EXPECT_THAT(copied, testing::ElementsAreArray(values));
}

TEST(FloatValues, RefusesOtherTypesByTheTensorsName) {
  float value = 0;
  absl::Status status =
      CopyAsFloat({"ids", DType::kI64, {1}, {"\0\0\0\0\0\0\0\0", 8}}, {&value, 1});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("\"ids\" has the dtype I64"));
}

}  // namespace
}  // namespace gyre::weights

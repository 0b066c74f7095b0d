#include "weights/gguf_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/weights/gguf_builder.h"

namespace gyre::weights {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint32_t kF32 = 0;
constexpr uint32_t kQ8_0 = 8;
constexpr uint64_t kHuge = uint64_t{1} << 63;

void ExpectError(const GgufBuilder& builder, const std::string& words,
                 absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  const absl::Status status = ParseGguf(builder.Bytes()).status();
  EXPECT_EQ(status.code(), code) << words << ": " << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

std::string Floats(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += BytesOf(static_cast<float>(i));
  return bytes;
}

TEST(GgufFormat, ReadsTensorsAndTheirPlaces) {
  const std::string bytes = GgufBuilder()
                                .Tensor("a", {3, 2}, kF32, Floats(6))
                                .Tensor("b", {32}, kQ8_0, std::string(34, '\1'))
                                .Tensor("c", {}, kF32, Floats(1))
                                .Bytes();
  const absl::StatusOr<GgufContent> content = ParseGguf(bytes);
  ASSERT_TRUE(content.ok()) << content.status();
  ASSERT_EQ(content->tensors.size(), 3u);
  EXPECT_EQ(content->tensors[0].name, "a");
  EXPECT_THAT(content->tensors[0].shape, ElementsAre(2, 3)) << "the outer dimension first";
  EXPECT_EQ(content->tensors[0].bytes, Floats(6));
  EXPECT_EQ(content->tensors[1].type, GgmlType::kQ8_0);
  EXPECT_EQ(content->tensors[1].bytes, std::string(34, '\1'));
  EXPECT_THAT(content->tensors[2].shape, ElementsAre());
}

TEST(GgufFormat, HeedsTheAlignment) {
  GgufBuilder builder;
  builder.alignment = 64;
  builder.Uint32("general.alignment", 64);
  builder.Tensor("a", {1}, kF32, Floats(1)).Tensor("b", {2}, kF32, Floats(2));
  const std::string bytes = builder.Bytes();
  const absl::StatusOr<GgufContent> content = ParseGguf(bytes);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->tensors[1].bytes, Floats(2));
  for (const uint32_t wrong : {0u, 1u, 4u, 48u, 1u << 21}) {
    ExpectError(GgufBuilder().Uint32("general.alignment", wrong), "general.alignment");
  }
}

TEST(GgufFormat, ReadsMetadataOfEveryType) {
  GgufBuilder builder;
  builder.Raw("u8", GgufValueType::kUint8, BytesOf<uint8_t>(200))
      .Raw("i8", GgufValueType::kInt8, BytesOf<int8_t>(-3))
      .Raw("u16", GgufValueType::kUint16, BytesOf<uint16_t>(65000))
      .Raw("i16", GgufValueType::kInt16, BytesOf<int16_t>(-300))
      .Uint32("u32", 4'000'000'000)
      .Raw("i32", GgufValueType::kInt32, BytesOf<int32_t>(-70000))
      .Raw("u64", GgufValueType::kUint64, BytesOf<uint64_t>(kHuge - 1))
      .Raw("i64", GgufValueType::kInt64, BytesOf<int64_t>(-5))
      .Raw("too large", GgufValueType::kUint64, BytesOf<uint64_t>(kHuge))
      .Float("f32", 1.5f)
      .Raw("f64", GgufValueType::kFloat64, BytesOf<double>(0.1))
      .Raw("true", GgufValueType::kBool, BytesOf<uint8_t>(1))
      .String("text", "añ")
      .Strings("texts", {"", "b"})
      .Raw(
          "numbers", GgufValueType::kArray,
          BytesOf<uint32_t>(3) + BytesOf<uint64_t>(2) + BytesOf<int16_t>(7) + BytesOf<int16_t>(-7));
  const std::string bytes = builder.Bytes();
  const absl::StatusOr<GgufContent> content = ParseGguf(bytes);
  ASSERT_TRUE(content.ok()) << content.status();
  const GgufMetadata& metadata = content->metadata;
  EXPECT_EQ(**metadata.Integer("u8"), 200);
  EXPECT_EQ(**metadata.Integer("i8"), -3);
  EXPECT_EQ(**metadata.Integer("u16"), 65000);
  EXPECT_EQ(**metadata.Integer("i16"), -300);
  EXPECT_EQ(**metadata.Integer("u32"), 4'000'000'000);
  EXPECT_EQ(**metadata.Integer("i32"), -70000);
  EXPECT_EQ(**metadata.Integer("u64"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(**metadata.Integer("i64"), -5);
  EXPECT_EQ(**metadata.Number("f32"), 1.5);
  EXPECT_EQ(**metadata.Number("f64"), 0.1);
  EXPECT_EQ(**metadata.Number("u8"), 200);
  EXPECT_EQ(**metadata.Bool("true"), true);
  EXPECT_EQ(**metadata.String("text"), "añ");
  EXPECT_THAT(*metadata.Strings("texts"), ElementsAre("", "b"));
  EXPECT_THAT(*metadata.Integers("numbers"), ElementsAre(7, -7));
  EXPECT_EQ(*metadata.Integer("none"), std::nullopt);
  EXPECT_THAT(*metadata.Strings("none"), ElementsAre());
  for (const absl::Status& status :
       {metadata.Integer("f32").status(), metadata.Integer("too large").status(),
        metadata.Number("text").status(), metadata.Bool("u8").status(),
        metadata.String("u8").status(), metadata.Strings("numbers").status(),
        metadata.Integers("texts").status(), metadata.Integers("u8").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("metadata \""));
  }
}

TEST(GgufFormat, RefusesWhatIsNoGgufOfVersion3) {
  EXPECT_THAT(std::string(ParseGguf("").status().message()), HasSubstr("not a GGUF file"));
  EXPECT_THAT(std::string(ParseGguf("GGML....").status().message()), HasSubstr("not a GGUF file"));
  GgufBuilder builder;
  builder.version = 2;
  ExpectError(builder, "version 2", absl::StatusCode::kUnimplemented);
  builder.version = 0x03000000;
  ExpectError(builder, "big-endian", absl::StatusCode::kUnimplemented);
}

TEST(GgufFormat, RefusesCountsThatTheFileHasNoRoomFor) {
  GgufBuilder builder;
  builder.num_tensors = kHuge;
  ExpectError(builder, "claims 9223372036854775808 tensors");
  builder.num_tensors = 0;
  builder.num_values = kHuge;
  ExpectError(builder, "claims 9223372036854775808 metadata entries");
  for (const GgufValueType element :
       {GgufValueType::kString, GgufValueType::kFloat64, GgufValueType::kArray}) {
    ExpectError(GgufBuilder().Raw("list", GgufValueType::kArray,
                                  BytesOf(static_cast<uint32_t>(element)) + BytesOf(kHuge)),
                "metadata \"list\": claims 9223372036854775808 elements");
  }
  ExpectError(GgufBuilder().Raw("text", GgufValueType::kString, BytesOf(kHuge)),
              "metadata \"text\": the file ends before that");
}

TEST(GgufFormat, NamesTheMetadataThatIsWrong) {
  ExpectError(GgufBuilder().Uint32("a", 1).Uint32("a", 1), "metadata \"a\" is given twice");
  ExpectError(GgufBuilder().Raw("a", static_cast<GgufValueType>(13), ""),
              "metadata \"a\": has the unknown type 13");
  ExpectError(
      GgufBuilder().Raw("a", GgufValueType::kArray, BytesOf<uint32_t>(99) + std::string(8, '\0')),
      "unknown type 99");
  std::string nested;  // lists of one list each
  for (int i = 0; i < 50; ++i) nested += BytesOf<uint32_t>(9) + BytesOf<uint64_t>(1);
  ExpectError(GgufBuilder().Raw("a", GgufValueType::kArray, nested), "nested too deep");
}

TEST(GgufFormat, NamesTheTensorThatIsWrong) {
  const auto header = [](const std::vector<uint64_t>& dimensions, uint32_t type, uint64_t offset) {
    return GgufBuilder().TensorHeader("x", dimensions, type, offset);
  };
  ExpectError(header({1, 1, 1, 1, 1}, kF32, 0), "tensor \"x\" has 5 dimensions");
  ExpectError(header({1}, 12, 0), "tensor \"x\" has the type Q4_K",
              absl::StatusCode::kUnimplemented);
  ExpectError(header({1}, 4000, 0), "tensor \"x\" has the type 4000",
              absl::StatusCode::kUnimplemented);
  ExpectError(header({kHuge, 2}, kF32, 0), "overflows");
  ExpectError(header({uint64_t{1} << 32, uint64_t{1} << 32}, kF32, 0), "overflows");
  ExpectError(header({2, 0}, kF32, 0), "has no elements");
  ExpectError(header({33, 2}, kQ8_0, 0), "has rows of 33 weights, which Q8_0 cannot store");
  ExpectError(header({1}, kF32, 0), "the file is cut off");
  ExpectError(header({1}, kF32, kHuge), "is not where it should be");
  ExpectError(header({uint64_t{1} << 60}, kF32, 0), "overflows");
  ExpectError(header({uint64_t{1} << 40}, kF32, 0), "the file is cut off");
  ExpectError(GgufBuilder().TensorHeader(std::string(65, 'n'), {1}, kF32, 0),
              "the name of tensor 0 has 65 bytes");
}

TEST(GgufFormat, TensorsCoverTheDataWithoutOverlapHoleOrRest) {
  const auto two = [](uint64_t offset) {
    return GgufBuilder()
        .Tensor("x", {16}, kF32, Floats(16))
        .TensorHeader("y", {1}, kF32, offset)
        .Bytes();
  };
  const auto fault = [](const std::string& bytes) {
    return std::string(ParseGguf(bytes).status().message());
  };
  EXPECT_THAT(fault(two(64) + Floats(1)), "");
  EXPECT_THAT(fault(two(32) + Floats(1)), HasSubstr("tensor \"y\" overlaps the one before it"));
  EXPECT_THAT(fault(two(0) + Floats(1)), HasSubstr("overlaps the one before it"));
  EXPECT_THAT(fault(two(68) + Floats(8)), HasSubstr("is not where it should be"));
  EXPECT_THAT(fault(two(96) + Floats(9)), HasSubstr("is not where it should be"));
  EXPECT_THAT(fault(two(64)), HasSubstr("the file is cut off"));
  EXPECT_THAT(fault(two(64) + std::string(32, '\0')), "") << "padded at the end";
  EXPECT_THAT(fault(two(64) + std::string(33, '\0')), HasSubstr("has 97 bytes of data"));
  ExpectError(GgufBuilder().Tensor("x", {1}, kF32, Floats(1)).Tensor("x", {1}, kF32, Floats(1)),
              "tensor \"x\" is given twice");
}

TEST(GgufFormat, EveryLengthOfACutFileIsRefused) {
  const std::string whole = GgufBuilder()
                                .String("text", "some text")
                                .Strings("texts", {"a", "b"})
                                .Tensor("x", {16}, kF32, Floats(16))
                                .Bytes();
  ASSERT_TRUE(ParseGguf(whole).ok());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseGguf(whole.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace gyre::weights

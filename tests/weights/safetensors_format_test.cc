#include "weights/safetensors_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gyre::weights {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A file of this header and so many bytes of data.
std::string File(const std::string& header, size_t data_bytes) {
  std::string file;
  for (int i = 0; i < 8; ++i) file.push_back(static_cast<char>(uint64_t{header.size()} >> (8 * i)));
  file += header;
  for (size_t i = 0; i < data_bytes; ++i) file.push_back(static_cast<char>(i));
  return file;
}

std::string Error(const std::string& file) {
  absl::StatusOr<SafetensorsContent> content = ParseSafetensors(file);
  EXPECT_FALSE(content.ok()) << file;
  return std::string(content.status().message());
}

std::string HeaderError(const std::string& header, size_t data_bytes = 4) {
  return Error(File(header, data_bytes));
}

TEST(SafetensorsFormat, ReadsTensorsInTheOrderOfTheirData) {
  const std::string file = File(
      R"({"b":{"dtype":"F32","shape":[2,1],"data_offsets":[3,11]},"empty":{"dtype":"I64","shape":[0,5],)"
      R"("data_offsets":[3,3]},"__metadata__":{"format":"pt","by":"é"},)"
      R"("a":{"shape":[3],"data_offsets":[0,3],"dtype":"U8"},"s":{"dtype":"BF16","shape":[],"data_offsets":[11,13]}}   )",
      13);
  absl::StatusOr<SafetensorsContent> content = ParseSafetensors(file);
  ASSERT_TRUE(content.ok()) << content.status();
  ASSERT_EQ(content->tensors.size(), 4u);
  const auto& tensors = content->tensors;
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_EQ(tensors[0].dtype, DType::kU8);
  EXPECT_EQ(tensors[0].bytes, std::string_view("\0\1\2", 3));
  EXPECT_EQ(tensors[1].name, "empty");
  EXPECT_THAT(tensors[1].shape, ElementsAre(0, 5));
  EXPECT_EQ(tensors[1].bytes.size(), 0u);
  EXPECT_EQ(tensors[2].name, "b");
  EXPECT_THAT(tensors[2].shape, ElementsAre(2, 1));
  EXPECT_EQ(tensors[2].bytes.data(), file.data() + file.size() - 10);
  EXPECT_EQ(tensors[3].name, "s");
  EXPECT_THAT(tensors[3].shape, ElementsAre());
  EXPECT_THAT(content->metadata,
              ElementsAre(testing::Pair("by", "é"), testing::Pair("format", "pt")));
}

TEST(SafetensorsFormat, ReadsAFileWithoutTensors) {
  EXPECT_TRUE(ParseSafetensors(File("{}", 0)).ok());
}

TEST(SafetensorsFormat, RefusesFilesThatAreCutOff) {
  EXPECT_THAT(Error(""), HasSubstr("shorter than 8 bytes"));
  EXPECT_THAT(Error("\2\0\0"), HasSubstr("shorter than 8 bytes"));
  const std::string file = File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
  for (size_t size = 0; size < file.size(); ++size) Error(file.substr(0, size));
  EXPECT_THAT(Error(file.substr(0, file.size() - 1)),
              HasSubstr("tensor \"a\" ends at byte 4 of 3 bytes of data: the file is cut off"));
  EXPECT_THAT(Error(file.substr(0, 20)), HasSubstr("header"));
}

TEST(SafetensorsFormat, RefusesImpossibleHeaderSizes) {
  EXPECT_THAT(Error(std::string(8, '\xFF') + "{}"), HasSubstr("not a safetensors file"));
  EXPECT_THAT(Error(std::string("\3\0\0\0\0\0\0\0{}", 10)), HasSubstr("ends behind"));
  EXPECT_THAT(Error(File("", 3)), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(Error(File(" {}", 0)), HasSubstr("does not begin with '{'"));
}

TEST(SafetensorsFormat, RefusesHeadersOfAnotherForm) {
  EXPECT_THAT(HeaderError("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(HeaderError("{} x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(HeaderError("{\"\xC3(\":1}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(HeaderError(std::string(100000, '{')), HasSubstr("not valid JSON"));
  EXPECT_THAT(HeaderError(R"({"a":1})"), HasSubstr("a number where a tensor should stand"));
  EXPECT_THAT(HeaderError(R"({"a":[[[]]]})"), HasSubstr("a list"));
  EXPECT_THAT(HeaderError(R"({"a":{}})"), HasSubstr("tensor \"a\" has no dtype"));
  EXPECT_THAT(HeaderError(R"({"a":{"dtype":{"x":1}}})"), HasSubstr("an object in \"dtype\""));
  EXPECT_THAT(HeaderError(R"({"a":{"dtype":null}})"), HasSubstr("null in \"dtype\""));
  EXPECT_THAT(HeaderError(R"({"a":{"shape":["1"]}})"), HasSubstr("text in \"shape\""));
  EXPECT_THAT(HeaderError(R"({"a":{"shape":[[1]]}})"), HasSubstr("a list in \"shape\""));
  EXPECT_THAT(HeaderError(R"({"a":{"shape":[-1]}})"), HasSubstr("a negative number in \"shape\""));
  EXPECT_THAT(HeaderError(R"({"a":{"shape":[1.0]}})"), HasSubstr("tensor \"a\" has a number"));
  EXPECT_THAT(HeaderError(R"({"a":{"shape":[18446744073709551616]}})"), HasSubstr("64 bits"));
  EXPECT_THAT(HeaderError(R"({"a":{"data_offsets":[0]}})"), HasSubstr("not two numbers"));
  EXPECT_THAT(HeaderError(R"({"a":{"data_offsets":[0,1,2]}})"), HasSubstr("data_offsets"));
  EXPECT_THAT(HeaderError(R"({"a":{"dtyp":"F32"}})"), HasSubstr("unknown key \"dtyp\""));
  EXPECT_THAT(HeaderError(R"({"__metadata__":{"a":1}})"), HasSubstr("__metadata__ has a number"));
  EXPECT_THAT(HeaderError(R"({"__metadata__":{"a":{}}})"), HasSubstr("__metadata__ has an object"));
}

TEST(SafetensorsFormat, RefusesKeysGivenTwice) {
  const std::string a = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(HeaderError("{" + a + "," + a + "}", 0), HasSubstr("the key \"a\" twice"));
  EXPECT_THAT(HeaderError(R"({"a":{"dtype":"U8","dtype":"U8"}})"), HasSubstr("\"dtype\" twice"));
  EXPECT_THAT(HeaderError(R"({"__metadata__":{"x":"","x":""}})"), HasSubstr("\"x\" twice"));
  EXPECT_THAT(HeaderError(R"({"__metadata__":{},"__metadata__":{}})"), HasSubstr("twice"));
}

TEST(SafetensorsFormat, RefusesSizesThatDoNotFitTheShape) {
  auto error = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return HeaderError("{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape +
                       "],\"data_offsets\":[" + offsets + "]}}");
  };
  EXPECT_THAT(error("F32", "2", "0,4"), HasSubstr("its shape takes 8 bytes"));
  EXPECT_THAT(error("F32", "1", "4,0"), HasSubstr("[4, 0]"));
  EXPECT_THAT(error("F32", "0", "4,0"), HasSubstr("[4, 0]"));
  EXPECT_THAT(error("F32", "4611686018427387904", "0,0"), HasSubstr("overflows"));
  EXPECT_THAT(error("U8", "4294967296,4294967296", "0,0"), HasSubstr("overflows"));
  EXPECT_THAT(error("U8", "0,18446744073709551615", "0,0"), HasSubstr("overflows"));
  EXPECT_THAT(error("U8", "18446744073709551615", "0,18446744073709551615"),
              HasSubstr("overflows"));
  EXPECT_THAT(error("F32", "1", "18446744073709551612,0"), HasSubstr("data offsets"));
  absl::Status status =
      ParseSafetensors(File(R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})", 1))
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"F4\""));
}

TEST(SafetensorsFormat, RefusesOverlapsHolesAndBytesLeftOver) {
  auto two = [](const std::string& a, const std::string& b, size_t data_bytes) {
    return File("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[" + a +
                    "]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[" + b + "]}}",
                data_bytes);
  };
  EXPECT_TRUE(ParseSafetensors(two("2,4", "0,2", 4)).ok());
  EXPECT_THAT(Error(two("0,2", "0,2", 4)), HasSubstr("overlaps"));
  EXPECT_THAT(Error(two("0,2", "1,3", 3)), HasSubstr("tensor \"b\" overlaps the one before it"));
  EXPECT_THAT(Error(two("0,2", "3,5", 5)), HasSubstr("tensor \"b\" leaves a hole before it"));
  EXPECT_THAT(Error(two("1,3", "3,5", 5)), HasSubstr("tensor \"a\" leaves a hole"));
  EXPECT_THAT(Error(two("0,2", "2,4", 5)), HasSubstr("5 bytes of data, but its tensors take 4"));
  EXPECT_THAT(Error(File("{}", 1)), HasSubstr("1 bytes of data"));
}

}  // namespace
}  // namespace gyre::weights

#include "base/json_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gyre::base {
namespace {

using testing::HasSubstr;

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonObject, RefusesWhatIsNestedTooDeep) {
  EXPECT_TRUE(ParseJsonObject("{\"a\": " + Nested(63) + "}").ok());
  for (const std::string& deep : {Nested(64), Nested(200'000), std::string(200'000, '[')}) {
    const absl::Status refused = ParseJsonObject("{\"a\": " + deep + "}").status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(refused.message()), HasSubstr("nested too deep"));
  }
}

TEST(JsonObject, CountsNoBracketsOfTexts) {
  const std::string brackets(1000, '[');
  EXPECT_TRUE(CheckJsonDepth("\"" + brackets + "\"").ok());
  EXPECT_TRUE(CheckJsonDepth("\"\\\"" + brackets + "\"").ok());
  EXPECT_FALSE(CheckJsonDepth("\"\\\\\"" + brackets).ok());
  std::string side_by_side = "[";
  for (int i = 0; i < 1000; ++i) side_by_side += "[],";
  EXPECT_TRUE(CheckJsonDepth(side_by_side + "[]]").ok());
}

TEST(JsonObject, RefusesWhatIsNoObject) {
  for (const char* text : {"", "{", "[1]", "1", "{\"a\": \xFF}"}) {
    EXPECT_THAT(std::string(ParseJsonObject(text).status().message()),
                HasSubstr("is not a JSON object"))
        << text;
  }
}

TEST(JsonObject, AFieldThatIsNullIsNone) {
  const nlohmann::json object = *ParseJsonObject(R"({"a": 1, "b": null})");
  ASSERT_NE(FindField(object, "a"), nullptr);
  EXPECT_EQ(*FindField(object, "a"), 1);
  EXPECT_EQ(FindField(object, "b"), nullptr);
  EXPECT_EQ(FindField(object, "c"), nullptr);
}

}  // namespace
}  // namespace gyre::base

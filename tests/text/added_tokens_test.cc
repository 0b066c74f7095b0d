#include "text/added_tokens.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace gyre::text {
namespace {

std::vector<std::string> Shown(const std::vector<AddedTokens::Stretch>& stretches) {
  std::vector<std::string> shown;
  for (const AddedTokens::Stretch& stretch : stretches) {
    shown.emplace_back(stretch.text);
    if (stretch.id.has_value()) absl::StrAppend(&shown.back(), "#", *stretch.id);
  }
  return shown;
}

using Strings = std::vector<std::string>;

TEST(AddedTokens, TakesTheLeftmostAndThenTheLongest) {
  absl::StatusOr<AddedTokens> tokens =
      AddedTokens::Create({{1, "<a>"}, {2, "<a>b"}, {3, "b<"}, {4, "x"}});
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(Shown(tokens->Cut("<a>b<a>", false)), (Strings{"<a>b#2", "<a>#1"}));
  EXPECT_EQ(Shown(tokens->Cut("zb<a>y", false)), (Strings{"z", "b<#3", "a>y"}));
  EXPECT_EQ(Shown(tokens->Cut("xx<a", false)), (Strings{"x#4", "x#4", "<a"}));
  EXPECT_EQ(Shown(tokens->Cut("", false)), Strings{});
}

TEST(AddedTokens, LooksForNormalizedOnesOnlyWhenAsked) {
  absl::StatusOr<AddedTokens> tokens = AddedTokens::Create(
      {{1, "a"}, {.id = 2, .content = "b", .special = false, .normalized = true}});
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(Shown(tokens->Cut("ab", false)), (Strings{"a#1", "b"}));
  EXPECT_EQ(Shown(tokens->Cut("ab", true)), (Strings{"a", "b#2"}));
}

TEST(AddedTokens, RefusesEmptyAndRepeatedOnes) {
  EXPECT_FALSE(AddedTokens::Create({{1, ""}}).ok());
  EXPECT_FALSE(AddedTokens::Create({{1, "a"}, {1, "b"}}).ok());
  EXPECT_FALSE(AddedTokens::Create({{1, "a"}, {2, "a"}}).ok());
}

TEST(AddedTokens, FindsByIdAndByContent) {
  absl::StatusOr<AddedTokens> tokens = AddedTokens::Create({{7, "<x>", true}});
  ASSERT_TRUE(tokens.ok());
  ASSERT_NE(tokens->FindId(7), nullptr);
  EXPECT_EQ(tokens->FindId(7), tokens->FindContent("<x>"));
  EXPECT_TRUE(tokens->FindId(7)->special);
  EXPECT_EQ(tokens->FindId(8), nullptr);
  EXPECT_EQ(tokens->FindContent("<y>"), nullptr);
}

}  // namespace
}  // namespace gyre::text

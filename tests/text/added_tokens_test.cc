#include "text/added_tokens.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "text/nfc_normalizer.h"

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
      AddedTokens::Create({{1, "<a>"}, {2, "<a>b"}, {3, "b<"}, {4, "x"}}, nullptr);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(Shown(tokens->Cut("<a>b<a>", false)), (Strings{"<a>b#2", "<a>#1"}));
  EXPECT_EQ(Shown(tokens->Cut("zb<a>y", false)), (Strings{"z", "b<#3", "a>y"}));
  EXPECT_EQ(Shown(tokens->Cut("xx<a", false)), (Strings{"x#4", "x#4", "<a"}));
  EXPECT_EQ(Shown(tokens->Cut("", false)), Strings{});
}

TEST(AddedTokens, LooksForNormalizedOnesOnlyWhenAsked) {
  absl::StatusOr<AddedTokens> tokens = AddedTokens::Create(
      {{1, "a"}, {.id = 2, .content = "b", .special = false, .normalized = true}}, nullptr);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(Shown(tokens->Cut("ab", false)), (Strings{"a#1", "b"}));
  EXPECT_EQ(Shown(tokens->Cut("ab", true)), (Strings{"a", "b#2"}));
}

TEST(AddedTokens, LooksForTheNormalizedFormOfNormalizedOnes) {
  const NfcNormalizer nfc;
  absl::StatusOr<AddedTokens> tokens =
      AddedTokens::Create({{.id = 1, .content = "e\u0301", .normalized = true}}, &nfc);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(Shown(tokens->Cut("a\u00E9", true)), (Strings{"a", "\u00E9#1"}));
  EXPECT_NE(tokens->FindContent("e\u0301"), nullptr);
}

TEST(AddedTokens, TakesWhiteSpaceAroundThemWithThem) {
  absl::StatusOr<AddedTokens> tokens = AddedTokens::Create(
      {{.id = 1, .content = "<l>", .lstrip = true}, {.id = 2, .content = "<r>", .rstrip = true}},
      nullptr);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(Shown(tokens->Cut("a \u3000<l> b", false)), (Strings{"a", " \u3000<l>#1", " b"}));
  EXPECT_EQ(Shown(tokens->Cut("a <r>\n b", false)), (Strings{"a ", "<r>\n #2", "b"}));
  EXPECT_EQ(Shown(tokens->Cut("<r>  <l>", false)), (Strings{"<r>  #2", "<l>#1"}));
  tokens =
      AddedTokens::Create({{.id = 1, .content = " ", .lstrip = true, .rstrip = true}}, nullptr);
  EXPECT_EQ(Shown(tokens->Cut("a   b", false)), (Strings{"a", "   #1", "b"}));
}

TEST(AddedTokens, LeavesASingleWordThatIsAPartOfAWord) {
  absl::StatusOr<AddedTokens> tokens =
      AddedTokens::Create({{.id = 1, .content = "on", .single_word = true}}, nullptr);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(Shown(tokens->Cut("on,on", false)), (Strings{"on#1", ",", "on#1"}));
  EXPECT_EQ(Shown(tokens->Cut("only", false)), (Strings{"only"}));
  EXPECT_EQ(Shown(tokens->Cut("\u00E9on _on on2", false)), (Strings{"\u00E9on _on on2"}));
}

TEST(AddedTokens, RefusesEmptyHugeAndRepeatedOnes) {
  EXPECT_FALSE(AddedTokens::Create({{1, ""}}, nullptr).ok());
  EXPECT_FALSE(AddedTokens::Create({{1, std::string(5000, 'x')}}, nullptr).ok());
  EXPECT_FALSE(AddedTokens::Create({{1, "a"}, {1, "b"}}, nullptr).ok());
  EXPECT_FALSE(AddedTokens::Create({{1, "a"}, {2, "a"}}, nullptr).ok());
}

TEST(AddedTokens, FindsByIdAndByContent) {
  absl::StatusOr<AddedTokens> tokens = AddedTokens::Create({{7, "<x>", true}}, nullptr);
  ASSERT_TRUE(tokens.ok());
  ASSERT_NE(tokens->FindId(7), nullptr);
  EXPECT_EQ(tokens->FindId(7), tokens->FindContent("<x>"));
  EXPECT_TRUE(tokens->FindId(7)->special);
  EXPECT_EQ(tokens->FindId(8), nullptr);
  EXPECT_EQ(tokens->FindContent("<y>"), nullptr);
}

}  // namespace
}  // namespace gyre::text

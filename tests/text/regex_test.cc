#include "text/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace gyre::text {
namespace {

using Bounds = std::vector<std::pair<size_t, size_t>>;

Bounds Matches(const std::string& pattern, const std::string& text) {
  absl::StatusOr<Regex> regex = Regex::Compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status();
  Bounds bounds;
  absl::Status status = regex->ForEachMatch(text, [&](size_t begin, size_t end) {
    bounds.emplace_back(begin, end);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return bounds;
}

TEST(Regex, FindsMatchesFromLeftToRight) {
  EXPECT_EQ(Matches("[0-9]{1,2}", "a123b4"), (Bounds{{1, 3}, {3, 4}, {5, 6}}));
  EXPECT_EQ(Matches("x", "abc"), Bounds{});
  EXPECT_EQ(Matches("x", ""), Bounds{});
}

TEST(Regex, SeesTheTextBeforeAMatch) { EXPECT_EQ(Matches("(?<=a)b", "abb"), (Bounds{{1, 2}})); }

TEST(Regex, StepsOverEmptyMatchesByWholeCharacters) {
  EXPECT_EQ(Matches("a*", "ä"), (Bounds{{0, 0}, {2, 2}}));
  EXPECT_EQ(Matches("a*", "aab"), (Bounds{{0, 2}, {3, 3}}));
}

TEST(Regex, KnowsUnicodeClasses) {
  EXPECT_EQ(Matches("\\p{L}+", "1été2"), (Bounds{{1, 6}}));
  EXPECT_EQ(Matches("\\s", "a\u00A0b"), (Bounds{{1, 3}}));
}

TEST(Regex, AnchorsMatchAtEveryLine) { EXPECT_EQ(Matches("^b$", "a\nb\nc"), (Bounds{{2, 3}})); }

TEST(Regex, RefusesABadPatternWithItsPlace) {
  absl::Status status = Regex::Compile("ab(").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("at byte 3"));
  EXPECT_FALSE(Regex::Compile("\\C").ok());
}

TEST(Regex, EndlessBacktrackingIsAnError) {
  absl::StatusOr<Regex> regex = Regex::Compile("(a+)+[bc]");
  ASSERT_TRUE(regex.ok());
  absl::Status status =
      regex->ForEachMatch(std::string(100, 'a'), [](size_t, size_t) { return absl::OkStatus(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(Regex, TakesALiteralAsItIs) {
  absl::StatusOr<Regex> regex = Regex::CompileLiteral("a.(");
  ASSERT_TRUE(regex.ok()) << regex.status();
  Bounds bounds;
  ASSERT_TRUE(regex
                  ->ForEachMatch("abca.(",
                                 [&](size_t begin, size_t end) {
                                   bounds.emplace_back(begin, end);
                                   return absl::OkStatus();
                                 })
                  .ok());
  EXPECT_EQ(bounds, (Bounds{{3, 6}}));
}

TEST(Regex, StopsAtTheVisitorsError) {
  absl::StatusOr<Regex> regex = Regex::Compile("a");
  ASSERT_TRUE(regex.ok());
  int visits = 0;
  absl::Status status = regex->ForEachMatch("aaa", [&](size_t, size_t) {
    return ++visits == 2 ? absl::CancelledError() : absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(visits, 2);
}

TEST(Regex, RefusesAHugePattern) {
  EXPECT_EQ(Regex::Compile(std::string(100 << 20, '(')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gyre::text

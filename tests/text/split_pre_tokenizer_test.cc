#include "text/split_pre_tokenizer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "text/regex.h"

namespace gyre::text {
namespace {

using Strings = std::vector<std::string>;

Strings Pieces(const std::string& pattern, SplitBehavior behavior, bool invert,
               const std::string& text) {
  absl::StatusOr<Regex> regex = Regex::Compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status();
  const SplitPreTokenizer split(std::make_unique<Regex>(*std::move(regex)), behavior, invert);
  Strings pieces;
  absl::Status status = split.ForEachPiece(text, [&](std::string_view piece) {
    pieces.emplace_back(piece);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return pieces;
}

// The example in the documentation of HF tokenizers, "the-final--countdown" split at "-".
TEST(SplitPreTokenizer, TreatsDelimitersAsTheBehaviorSays) {
  const std::string text = "the-final--countdown";
  EXPECT_EQ(Pieces("-", SplitBehavior::kRemoved, false, text),
            (Strings{"the", "final", "countdown"}));
  EXPECT_EQ(Pieces("-", SplitBehavior::kIsolated, false, text),
            (Strings{"the", "-", "final", "-", "-", "countdown"}));
  EXPECT_EQ(Pieces("-", SplitBehavior::kMergedWithPrevious, false, text),
            (Strings{"the-", "final-", "-", "countdown"}));
  EXPECT_EQ(Pieces("-", SplitBehavior::kMergedWithNext, false, text),
            (Strings{"the", "-final", "-", "-countdown"}));
  EXPECT_EQ(Pieces("-", SplitBehavior::kContiguous, false, text),
            (Strings{"the", "-", "final", "--", "countdown"}));
}

TEST(SplitPreTokenizer, InvertedTakesWhatLiesBetweenForDelimiters) {
  EXPECT_EQ(Pieces("[a-z]+", SplitBehavior::kRemoved, true, "ab 12 c"), (Strings{"ab", "c"}));
  EXPECT_EQ(Pieces("[a-z]+", SplitBehavior::kMergedWithNext, true, "ab 12 c"),
            (Strings{"ab", " 12 c"}));
}

TEST(SplitPreTokenizer, DelimitersAtTheEndsStandAlone) {
  EXPECT_EQ(Pieces("-", SplitBehavior::kMergedWithPrevious, false, "-a-"), (Strings{"-", "a-"}));
  EXPECT_EQ(Pieces("-", SplitBehavior::kMergedWithNext, false, "-a-"), (Strings{"-a", "-"}));
  EXPECT_EQ(Pieces("-", SplitBehavior::kRemoved, false, "--"), Strings{});
}

TEST(SplitPreTokenizer, CutsAtEmptyMatches) {
  EXPECT_EQ(Pieces("(?=b)", SplitBehavior::kIsolated, false, "abab"), (Strings{"a", "ba", "b"}));
}

}  // namespace
}  // namespace gyre::text

#include "text/word_scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "text/regex.h"

namespace gyre::text {
namespace {

using Strings = std::vector<std::string>;

Strings Matches(const TextMatcher& matcher, const std::string& text) {
  Strings pieces;
  absl::Status status = matcher.ForEachMatch(text, [&](size_t begin, size_t end) {
    pieces.push_back(text.substr(begin, end - begin));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return pieces;
}

Strings Scanned(const char* pattern, const std::string& text) {
  return Matches(*WordScanner::ForPattern(pattern), text);
}

TEST(WordScanner, CutsWordsAsGpt2Does) {
  EXPECT_EQ(Scanned(kGpt2Pattern, "I'll SAY'S  12ab!?\n\n x "),
            (Strings{"I", "'ll", " SAY", "'", "S", " ", " 12", "ab", "!?", "\n\n", " x", " "}));
}

TEST(WordScanner, CutsWordsAsLlama3AndQwen2Do) {
  EXPECT_EQ(
      Scanned(kLlama3Pattern, "(I'LL) 12345\t\tx.\n\n  y \n z"),
      (Strings{"(I", "'LL", ")", " ", "123", "45", "\t", "\tx", ".\n\n", " ", " y", " \n", " z"}));
  EXPECT_EQ(Scanned(kQwen2Pattern, " 12 a\u017F'\u017Fb"),
            (Strings{" ", "1", "2", " a\u017F", "'\u017F", "b"}));
}

TEST(WordScanner, KnowsNoOtherPattern) {
  EXPECT_FALSE(WordScanner::ForPattern(R"(\p{L}+)").has_value());
}

// The regular expressions themselves are the oracle, on characters whose class all versions of
// Unicode agree on.
TEST(WordScanner, AgreesWithTheRegularExpression) {
  const Strings characters = {"a",        "S",      "e",      "l",      "'",          "'",
                              " ",        " ",      "\n",     "\r",     "\t",         "1",
                              "2",        ".",      "<",      "\u00E9", "\u017F",     "\u4E2D",
                              "\xC2\x85", "\u3000", "\u0663", "\u0301", "\U0001F600", "_"};
  std::mt19937 random(1);
  for (const char* pattern : {kGpt2Pattern, kLlama3Pattern, kQwen2Pattern}) {
    absl::StatusOr<Regex> regex = Regex::Compile(pattern);
    ASSERT_TRUE(regex.ok());
    for (int i = 0; i < 20'000; ++i) {
      std::string text;
      for (int size = static_cast<int>(random() % 12); size > 0; --size) {
        text += characters[random() % characters.size()];
      }
      ASSERT_EQ(Scanned(pattern, text), Matches(*regex, text)) << pattern << "\n" << text;
    }
  }
}

}  // namespace
}  // namespace gyre::text

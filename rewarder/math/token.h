#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rewarder/math/rational.h"

namespace gyre::rewarder::math {

enum class TokenType : uint8_t {
  kEnd,
  kNumber,   // number, digits, is_scientific
  kWord,     // letters as they stand together: "x", "sqrt", "apples"
  kCommand,  // text without its backslash: "frac", "{", "\\"
  kText,     // what \text{...} and its like hold, blanks at the ends taken off
  kSign,     // any other character
};

struct Token {
  TokenType type = TokenType::kEnd;
  bool after_blank = false;
  bool is_scientific = false;
  int32_t digits = -1;  // after a decimal point; -1: none
  std::string text;
  Rational number;

  bool Is(TokenType wanted, absl::string_view what) const { return type == wanted && text == what; }
  bool IsSign(char c) const { return type == TokenType::kSign && text[0] == c; }
  bool IsCommand(absl::string_view name) const { return Is(TokenType::kCommand, name); }
};

// Takes cleaned text (Clean) apart; the last token is kEnd. Numbers come in all the ways of
// writing: 1,234 and 1{,}234 and 1 000, .5, 1e-7, 0.1\overline{6}, 0.(3), 0.333\ldots. Commands
// that only lay out (\left, \, \displaystyle) are left out. Linear in the text; a number of more
// than kMaximumDigits is a word.
std::vector<Token> Tokenize(absl::string_view text);

inline constexpr size_t kMaximumDigits = 3'000;

}  // namespace gyre::rewarder::math

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gyre::rewarder::rules {

// What an arithmetic expression comes to, and the numbers in it as they stand, left to right.
struct Expression {
  int64_t value = 0;
  std::vector<int64_t> numbers;
};

// What EvaluateExpression takes.
inline constexpr std::size_t kMaximumExpressionCharacters = 1000;
inline constexpr int64_t kMaximumNumber = 999'999'999;

// Evaluates whole numbers joined by + - * and parentheses, exactly:
//   sum = product (("+" | "-") product)*    product = factor ("*" factor)*
//   factor = number | "(" sum ")"
// Nothing else is let through: no blanks, signs, leading zeros, powers or empty text; at most 1,000
// characters, 50 parentheses deep and nine digits a number. INVALID_ARGUMENT says what is wrong and
// where; OUT_OF_RANGE: a value does not fit 64 bits.
absl::StatusOr<Expression> EvaluateExpression(absl::string_view text);

}  // namespace gyre::rewarder::rules

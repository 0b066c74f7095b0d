#include "rewarder/rules/expression.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::rewarder::rules {
namespace {

constexpr int kMaximumDepth = 50;
constexpr std::size_t kMaximumDigits = 9;  // as kMaximumNumber has

class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<Expression> Parse() {
    GYRE_ASSIGN_OR_RETURN(expression_.value, Sum(0));
    if (place_ != text_.size()) return Unexpected();
    return std::move(expression_);
  }

 private:
  absl::StatusOr<int64_t> Sum(int depth) {
    GYRE_ASSIGN_OR_RETURN(int64_t value, Product(depth));
    while (Peek() == '+' || Peek() == '-') {
      const bool adds = text_[place_++] == '+';
      GYRE_ASSIGN_OR_RETURN(const int64_t other, Product(depth));
      if (adds ? __builtin_add_overflow(value, other, &value)
               : __builtin_sub_overflow(value, other, &value)) {
        return Overflow();
      }
    }
    return value;
  }

  absl::StatusOr<int64_t> Product(int depth) {
    GYRE_ASSIGN_OR_RETURN(int64_t value, Factor(depth));
    while (Peek() == '*') {
      ++place_;
      GYRE_ASSIGN_OR_RETURN(const int64_t other, Factor(depth));
      if (__builtin_mul_overflow(value, other, &value)) return Overflow();
    }
    return value;
  }

  absl::StatusOr<int64_t> Factor(int depth) {
    if (Peek() != '(') return Number();
    if (depth == kMaximumDepth) return absl::InvalidArgumentError("too many parentheses");
    ++place_;
    GYRE_ASSIGN_OR_RETURN(const int64_t value, Sum(depth + 1));
    if (Peek() != ')') return Unexpected();
    ++place_;
    return value;
  }

  absl::StatusOr<int64_t> Number() {
    const std::size_t start = place_;
    int64_t value = 0;
    while (absl::ascii_isdigit(static_cast<unsigned char>(Peek()))) {
      if (place_ - start == kMaximumDigits) return absl::InvalidArgumentError("too many digits");
      value = 10 * value + (text_[place_++] - '0');
    }
    if (place_ == start) return Unexpected();
    if (text_[start] == '0' && place_ - start > 1) {
      return absl::InvalidArgumentError("a number begins with 0");
    }
    expression_.numbers.push_back(value);
    return value;
  }

  // 0 behind the end; a zero byte in the text is refused like any other stray character.
  char Peek() const { return place_ < text_.size() ? text_[place_] : '\0'; }

  absl::Status Unexpected() const {
    if (place_ >= text_.size()) return absl::InvalidArgumentError("it ends too early");
    return absl::InvalidArgumentError(absl::StrCat("unexpected character at ", place_ + 1));
  }
  static absl::Status Overflow() { return absl::OutOfRangeError("a value is too large"); }

  const absl::string_view text_;
  std::size_t place_ = 0;
  Expression expression_;
};

}  // namespace

absl::StatusOr<Expression> EvaluateExpression(absl::string_view text) {
  if (text.size() > kMaximumExpressionCharacters)
    return absl::InvalidArgumentError("it is too long");
  return Parser(text).Parse();
}

}  // namespace gyre::rewarder::rules

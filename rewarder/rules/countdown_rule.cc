#include "rewarder/rules/countdown_rule.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rewarder/rules/expression.h"
#include "rewarder/rules/tagged_response.h"

namespace gyre::rewarder::rules {
namespace {

// Enough for every expression over a handful of numbers; the rest of a longer answer is of no use.
constexpr std::size_t kMaximumAnswerBytes = 200;

// At most so many bytes, cut between characters of UTF-8.
std::string Shortened(absl::string_view text) {
  if (text.size() <= kMaximumAnswerBytes) return std::string(text);
  std::size_t size = kMaximumAnswerBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size));
}

// What is wrong with the problem; empty if an expression can use its numbers.
absl::string_view FaultOf(const Problem& problem) {
  if (!problem.has_countdown() || problem.countdown().numbers().empty()) {
    return "the problem has no numbers";
  }
  if (!problem.countdown().has_target()) return "the problem has no target";
  std::size_t characters = 0;  // of the numbers, each with an operator or the end behind it
  for (const int64_t number : problem.countdown().numbers()) {
    if (number < 0 || number > kMaximumNumber) {
      return "the problem has a number that no expression can have";
    }
    characters += absl::StrCat(number).size() + 1;
  }
  if (characters - 1 > kMaximumExpressionCharacters) {
    return "the problem has more numbers than an expression can have";
  }
  return "";
}

bool UsesEachOnce(const CountdownTask& task, std::vector<int64_t> used) {
  std::vector<int64_t> given(task.numbers().begin(), task.numbers().end());
  std::sort(given.begin(), given.end());
  std::sort(used.begin(), used.end());
  return given == used;
}

}  // namespace

Verdict CountdownRule::Check(const Problem& problem, const Response& response) const {
  if (const absl::string_view fault = FaultOf(problem); !fault.empty()) {
    return {SCORE_ERROR_PROBLEM, absl::StrCat("countdown: ", fault), ""};
  }
  const TaggedResponse parts = ParseTaggedResponse(response);
  if (!parts.has_parts()) return {0.0, absl::StrCat("countdown: ", FaultText(parts.faults)), ""};
  const std::string answer = Shortened(parts.answer);
  const auto expression = EvaluateExpression(absl::StripAsciiWhitespace(parts.answer));
  if (!expression.ok()) {
    return {0.0, absl::StrCat("countdown: no expression: ", expression.status().message()), answer};
  }
  if (!UsesEachOnce(problem.countdown(), expression->numbers)) {
    return {0.0, "countdown: wrong numbers", answer};
  }
  if (expression->value != problem.countdown().target()) {
    return {0.0, absl::StrCat("countdown: wrong value ", expression->value), answer};
  }
  return {1.0, "countdown: right", answer};
}

}  // namespace gyre::rewarder::rules

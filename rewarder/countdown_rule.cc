#include "rewarder/countdown_rule.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rewarder/expression.h"
#include "rewarder/tagged_response.h"

namespace gyre::rewarder {
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

bool UsesEachOnce(const CountdownTask& task, std::vector<int64_t> used) {
  std::vector<int64_t> given(task.numbers().begin(), task.numbers().end());
  std::sort(given.begin(), given.end());
  std::sort(used.begin(), used.end());
  return given == used;
}

}  // namespace

Verdict CountdownRule::Check(const Problem& problem, const Response& response) const {
  if (!problem.has_countdown() || problem.countdown().numbers().empty()) {
    return {SCORE_ERROR_PROBLEM, "countdown: the problem has no numbers", ""};
  }
  const auto parts = ParseTaggedResponse(response);
  if (!parts.ok()) return {0.0, absl::StrCat("countdown: ", parts.status().message()), ""};
  const std::string answer = Shortened(parts->answer);
  const auto expression = EvaluateExpression(parts->answer);
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

}  // namespace gyre::rewarder

#include "rewarder/math/math_rule.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rewarder/math/grade.h"

namespace gyre::rewarder::math {
namespace {

constexpr size_t kMaximumReportedBytes = 200;

std::string Shortened(std::string text) {
  if (text.size() <= kMaximumReportedBytes) return text;
  size_t size = kMaximumReportedBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  text.resize(size);
  return text;
}

}  // namespace

Verdict MathRule::Check(const Problem& problem, const Response& response) const {
  absl::string_view text = response.text;
  if (!response.end_mark.empty()) absl::ConsumeSuffix(&text, response.end_mark);
  Grade grade = GradeCompletion(problem.reference(), text, preset_);
  if (grade.is_reference_unreadable) {
    return {SCORE_ERROR_PROBLEM, absl::StrCat("math: problem ", problem.id(), ": ", grade.rule),
            ""};
  }
  const absl::string_view verdict = grade.sameness == Sameness::kEqual       ? "right"
                                    : grade.sameness == Sameness::kDifferent ? "wrong"
                                                                             : "cannot tell";
  return {grade.sameness == Sameness::kEqual ? 1.0 : 0.0,
          absl::StrCat("math: ", verdict, " (", grade.rule, ")"),
          Shortened(std::move(grade.answer))};
}

}  // namespace gyre::rewarder::math

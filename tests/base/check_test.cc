#include "base/check.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/status_macros.h"

namespace gyre::base {
namespace {

TEST(CheckDeathTest, AbortsWithTheSentenceAndTheCondition) {
  EXPECT_DEATH(GYRE_CHECK(1 > 2, std::string("numbers are ordered")),
               "check_test.cc:[0-9]+: numbers are ordered \\(1 > 2 is false\\)");
}

TEST(Check, DoesNotEvaluateTheSentenceOfATrueCondition) {
  int evaluations = 0;
  GYRE_CHECK(true, (++evaluations, "never said"));
  EXPECT_EQ(evaluations, 0);
}

absl::StatusOr<std::unique_ptr<int>> MaybeNumber(bool present) {
  if (!present) return absl::NotFoundError("no number");
  return std::make_unique<int>(7);
}

absl::Status Twice(bool present, int& out) {
  GYRE_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, MaybeNumber(present));
  GYRE_ASSIGN_OR_RETURN(out, MaybeNumber(present).ok() ? absl::StatusOr<int>(2 * *first)
                                                       : absl::InternalError("changed its mind"));
  return absl::OkStatus();
}

absl::StatusOr<int> TwiceOrError(bool present) {
  int out = 0;
  GYRE_RETURN_IF_ERROR(Twice(present, out));
  return out;
}

TEST(StatusMacros, PassOnValuesAndErrors) {
  EXPECT_EQ(*TwiceOrError(true), 14);
  EXPECT_EQ(TwiceOrError(false).status(), absl::NotFoundError("no number"));
}

}  // namespace
}  // namespace gyre::base

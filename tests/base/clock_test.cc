#include "base/clock.h"

#include <gtest/gtest.h>

namespace gyre::base {
namespace {

TEST(RealClock, BeginsAtTheWallClocksTime) {
  const absl::Time before = absl::Now();
  const RealClock clock;
  EXPECT_GE(clock.Now(), before);
}

TEST(RealClock, NeverGoesBack) {
  const RealClock clock;
  absl::Time last = clock.Now();
  for (int i = 0; i < 10000; ++i) {
    const absl::Time now = clock.Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace gyre::base

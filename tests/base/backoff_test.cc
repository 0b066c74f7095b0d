#include "base/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace gyre::base {
namespace {

std::vector<absl::Duration> Delays(std::uint64_t seed, int count) {
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(1), seed);
  std::vector<absl::Duration> delays;
  for (int i = 0; i < count; ++i) delays.push_back(backoff.Next());
  return delays;
}

TEST(Backoff, DrawsEachDelayFromTheUpperHalfOfADoublingBound) {
  absl::Duration bound = absl::Milliseconds(100);
  for (const absl::Duration delay : Delays(1, 20)) {
    EXPECT_GE(delay, bound / 2);
    EXPECT_LE(delay, bound);
    bound = std::min(2 * bound, absl::Seconds(1));
  }
}

TEST(Backoff, DiffersBetweenSeedsOnly) {
  EXPECT_EQ(Delays(1, 5), Delays(1, 5));
  EXPECT_NE(Delays(1, 5), Delays(2, 5));
}

TEST(Backoff, StartsFromItsInitialDelayAfterAReset) {
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(1), 1);
  for (int i = 0; i < 10; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Milliseconds(100));
}

}  // namespace
}  // namespace gyre::base

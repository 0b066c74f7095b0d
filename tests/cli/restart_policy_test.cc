#include "cli/run/restart_policy.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace gyre::cli {
namespace {

const ProcessExit kKilled{.code = 0, .signal = SIGKILL, .cpu_time = {}};
const ProcessExit kAskedFor{.code = RestartPolicy::kStartAgainCode, .signal = 0, .cpu_time = {}};
const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

TEST(RestartPolicy, PausesLongerEachTime) {
  RestartPolicy policy(1);
  absl::Duration pause = *policy.NextPause(kKilled, kStart, 0);
  EXPECT_GE(pause, absl::Milliseconds(50));
  EXPECT_LE(pause, absl::Milliseconds(100));
  for (int i = 0; i < 8; ++i) pause = *policy.NextPause(kKilled, kStart, 0);
  EXPECT_GE(pause, absl::Milliseconds(2500));
  EXPECT_LE(pause, absl::Seconds(5));
}

TEST(RestartPolicy, StartsAgainAtOnceWhenTheProcessAsksForIt) {
  RestartPolicy policy(1);
  EXPECT_EQ(policy.NextPause(kAskedFor, kStart, 0), absl::ZeroDuration());
}

TEST(RestartPolicy, GivesUpAfterManyEndsWithoutProgress) {
  RestartPolicy policy(1);
  for (int i = 0; i < RestartPolicy::kMaximumRestarts; ++i) {
    EXPECT_TRUE(policy.NextPause(kAskedFor, kStart + absl::Seconds(i), 7).has_value());
  }
  EXPECT_FALSE(policy.NextPause(kAskedFor, kStart + absl::Seconds(11), 7).has_value());
}

TEST(RestartPolicy, StartsAnewAfterProgress) {
  RestartPolicy policy(1);
  for (uint64_t i = 0; i < 100; ++i) {
    const auto pause = policy.NextPause(kKilled, kStart, i);
    ASSERT_TRUE(pause.has_value());
    EXPECT_LE(*pause, absl::Milliseconds(100) + absl::Milliseconds(100) * (i == 0));
  }
}

TEST(RestartPolicy, IsPatientWithEndsThatAreFarApartButNotForEver) {
  RestartPolicy policy(1);
  absl::Time now = kStart;
  for (int i = 0; i < RestartPolicy::kMaximumWithoutProgress; ++i, now += absl::Minutes(5)) {
    EXPECT_TRUE(policy.NextPause(kKilled, now, 0).has_value()) << i;
  }
  EXPECT_FALSE(policy.NextPause(kKilled, now, 0).has_value());
  EXPECT_EQ(policy.ends(), RestartPolicy::kMaximumWithoutProgress + 1);
}

TEST(RestartPolicy, CountsFromZeroAfterProgress) {
  RestartPolicy policy(1);
  absl::Time now = kStart;
  for (int i = 0; i < 100; ++i, now += absl::Seconds(7)) {
    EXPECT_TRUE(policy.NextPause(kKilled, now, i / 20).has_value()) << i;
  }
}

}  // namespace
}  // namespace gyre::cli

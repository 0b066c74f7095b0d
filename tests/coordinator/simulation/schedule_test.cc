#include "tests/coordinator/simulation/schedule.h"

#include <string>

#include "gtest/gtest.h"

namespace gyre::coordinator::simulation {
namespace {

TEST(Schedule, RunsEventsInOrderOfTimeAndOfOneMomentInOrderOfScheduling) {
  Schedule schedule;
  std::string ran;
  schedule.After(absl::Seconds(2), [&] { ran += 'c'; });
  schedule.After(absl::Seconds(1), [&] {
    ran += 'a';
    schedule.After(absl::Seconds(1), [&] { ran += 'd'; });
    schedule.After(absl::Seconds(-5), [&] { ran += 'b'; });
  });
  while (schedule.RunNext()) {
  }
  EXPECT_EQ(ran, "abcd");
  EXPECT_EQ(schedule.elapsed(), absl::Seconds(2));
  EXPECT_EQ(schedule.events_run(), 4u);
}

}  // namespace
}  // namespace gyre::coordinator::simulation

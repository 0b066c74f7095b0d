#include "base/thread_team.h"

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace gyre::base {
namespace {

TEST(ThreadTeam, DoesEachPartOnceForAnyNumberOfThreadsAndParts) {
  for (int size = 1; size <= 4; ++size) {
    ThreadTeam team(size);
    EXPECT_EQ(team.size(), size);
    for (const int64_t parts : {0, 1, 2, 3, 7, 100, 0, 5}) {
      std::vector<int> done(static_cast<size_t>(parts), 0);
      team.Run(parts, [&](int64_t index, int thread) {
        EXPECT_GE(thread, 0);
        EXPECT_LT(thread, size);
        ++done[static_cast<size_t>(index)];
      });
      EXPECT_EQ(done, std::vector<int>(static_cast<size_t>(parts), 1));
    }
  }
}

TEST(ThreadTeam, AllThreadsWorkAtTheSameTime) {
  ThreadTeam team(3);
  std::atomic<int> present = 0;
  std::vector<std::set<std::thread::id>> ids(3);
  team.Run(3, [&](int64_t index, int thread) {
    ids[static_cast<size_t>(index)].insert(std::this_thread::get_id());
    EXPECT_LT(thread, 3);
    ++present;
    while (present < 3) std::this_thread::yield();  // hangs if one thread does two parts
  });
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[1], ids[2]);
  EXPECT_NE(ids[0], ids[2]);
}

TEST(ThreadTeam, WhatAJobWroteIsThereForTheNextOne) {
  ThreadTeam team(3);
  std::vector<int64_t> now(8, 0), next(8, 0);
  for (int64_t job = 0; job < 20'000; ++job) {
    team.Run(8, [&](int64_t index, int) {
      next[static_cast<size_t>(index)] = now[static_cast<size_t>(index + 1) % 8] + 1;
    });
    now.swap(next);
  }
  EXPECT_EQ(now, std::vector<int64_t>(8, 20'000));
}

TEST(ThreadTeam, SleepersWakeForAJobAndATeamThatIsIdleCanGo) {
  ThreadTeam team(2);
  for (int job = 0; job < 5; ++job) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> present = 0;
    team.Run(2, [&](int64_t, int) {
      ++present;
      while (present < 2) std::this_thread::yield();
    });
    EXPECT_EQ(present, 2);
  }
}

TEST(ThreadTeam, AThreadThatIsHeldBackDoesNotDelayTheOthersParts) {
  ThreadTeam team(2);
  std::atomic<int> done = 0;
  team.Run(10, [&](int64_t, int thread) {
    if (thread == 1) {  // until the caller has done all the rest
      while (done < 9) std::this_thread::yield();
    }
    ++done;
  });
  EXPECT_EQ(done, 10);
}

}  // namespace
}  // namespace gyre::base

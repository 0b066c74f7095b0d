#include <gtest/gtest.h>
#include <pthread.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/wait_for_stop.h"
#include "base/worker_thread.h"

namespace gyre::base {
namespace {

absl::Time Late() { return absl::Now() + absl::Seconds(60); }

TEST(CondVar, ReturnsWhenAnotherThreadMakesThePredicateTrue) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  WorkerThread worker("setter", [&](std::stop_token) {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyAll();
  });
  MutexLock lock(mutex);
  EXPECT_TRUE(changed.WaitUntil(mutex, Late(), [&] { return ready; }));
}

TEST(CondVar, ReturnsFalseAtTheDeadlineAndNotBefore) {
  Mutex mutex;
  CondVar changed;
  MutexLock lock(mutex);
  const absl::Time deadline = absl::Now() + absl::Milliseconds(10);
  EXPECT_FALSE(changed.WaitUntil(mutex, deadline, [] { return false; }));
  EXPECT_GE(absl::Now(), deadline);
}

TEST(CondVar, NeedsNoTimeForWhatAlreadyHolds) {
  Mutex mutex;
  CondVar changed;
  MutexLock lock(mutex);
  EXPECT_TRUE(changed.WaitUntil(mutex, absl::InfinitePast(), [] { return true; }));
}

TEST(CondVar, ReturnsWhenAStopIsRequested) {
  Mutex mutex;
  CondVar changed;
  bool predicate = true;
  {
    WorkerThread worker("waiter", [&](std::stop_token stop) {
      MutexLock lock(mutex);
      predicate = changed.WaitUntil(mutex, stop, absl::InfiniteFuture(), [] { return false; });
    });
  }
  EXPECT_FALSE(predicate);
}

TEST(WaitForStop, SaysWhetherAStopOrTheDeadlineCame) {
  std::stop_source source;
  EXPECT_FALSE(WaitForStop(source.get_token(), absl::Now() + absl::Milliseconds(2)));
  EXPECT_FALSE(WaitForStop(std::stop_token(), absl::Now() + absl::Milliseconds(2)));
  source.request_stop();
  EXPECT_TRUE(WaitForStop(source.get_token(), absl::InfiniteFuture()));
}

TEST(WorkerThread, IsStoppedAndJoinedByItsDestructor) {
  bool ended = false;
  {
    WorkerThread worker("loop", [&](std::stop_token stop) {
      WaitForStop(stop, absl::InfiniteFuture());
      ended = true;
    });
  }
  EXPECT_TRUE(ended);
}

TEST(WorkerThread, CarriesTheFirstFifteenLettersOfItsName) {
  std::string name(64, '\0');
  WorkerThread worker("a-name-longer-than-linux-keeps", [&](std::stop_token) {
    pthread_getname_np(pthread_self(), name.data(), name.size());
  });
  worker.Join();
  worker.Join();
  EXPECT_STREQ(name.c_str(), "a-name-longer-t");
}

TEST(SimulatedClock, MovesOnlyWhenItIsMoved) {
  SimulatedClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
  clock.Set(absl::FromUnixSeconds(7));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(7));
}

}  // namespace
}  // namespace gyre::base

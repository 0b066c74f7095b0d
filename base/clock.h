#pragma once

#include <chrono>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace gyre::base {

// Where decisions about time (leases, heartbeats, rates) take "now" from, so that tests and the
// simulator can set it. Waits do not go through it: their deadlines are in real time (see mutex.h).
// All methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The wall clock's time when it was made, and what has passed since by the monotonic clock: it
// never goes back or jumps, whatever is done to the machine's wall clock.
class RealClock final : public Clock {
 public:
  absl::Time Now() const override {
    return begin_ + absl::FromChrono(std::chrono::steady_clock::now() - steady_begin_);
  }

 private:
  const absl::Time begin_ = absl::Now();
  const std::chrono::steady_clock::time_point steady_begin_ = std::chrono::steady_clock::now();
};

// Stands still until it is moved. Starts at 2000-01-01 00:00 UTC unless told otherwise.
class SimulatedClock final : public Clock {
 public:
  SimulatedClock() : SimulatedClock(absl::FromUnixSeconds(946684800)) {}
  explicit SimulatedClock(absl::Time start) : now_(start) {}

  absl::Time Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    MutexLock lock(mutex_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    MutexLock lock(mutex_);
    now_ += by;
  }

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::base

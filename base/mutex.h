#pragma once

// Mutex, MutexLock and CondVar over the standard library, with Abseil's thread-safety annotations
// (checked by Clang's -Wthread-safety; other compilers ignore them). Mark each field with
// ABSL_GUARDED_BY(mutex_). They stand in for absl::Mutex, which Debian builds without
// instrumentation, so that the thread sanitizer would report races that are none.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace gyre::base {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  // Tells the analysis, in a lambda or a callback, that the caller holds this mutex; does nothing
  // at run time.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

  // What std::condition_variable_any needs; not for other use.
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// `deadline` as a point of the monotonic clock, taken once: a wall clock that is set back later
// does not lengthen the wait. A wait is never longer than a year, so that absl::InfiniteFuture()
// does not overflow.
inline std::chrono::steady_clock::time_point ToSteadyTime(absl::Time deadline) {
  const absl::Duration left =
      std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(24 * 365));
  return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(left);
}

// Waiting for a predicate over guarded state. Every wait has a deadline in real time.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  // Blocks until `predicate()` is true or `deadline` has passed; returns what the predicate says
  // then. The mutex must be held; it is held again on return and whenever the predicate runs.
  template <typename Predicate>
  bool WaitUntil(Mutex& mutex, absl::Time deadline, Predicate predicate)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return condition_.wait_until(mutex, ToSteadyTime(deadline), std::move(predicate));
  }

  // As above, and returns too as soon as a stop is requested; a predicate that is false on return
  // then means stop or deadline.
  template <typename Predicate>
  bool WaitUntil(Mutex& mutex, std::stop_token stop, absl::Time deadline, Predicate predicate)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return condition_.wait_until(mutex, std::move(stop), ToSteadyTime(deadline),
                                 std::move(predicate));
  }

  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace gyre::base

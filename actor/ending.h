#pragma once

#include <optional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace gyre::actor {

// Why this actor ends by itself: the run is complete (OK), the coordinator refuses it, or it
// cannot get what it needs. Set by
// whichever thread learns of it; the first one counts.
class Ending {
 public:
  void Set(const absl::Status& why) {
    base::MutexLock lock(mutex_);
    if (!why_.has_value()) why_ = why;
    changed_.NotifyAll();
  }

  // Blocks until it is set, a stop is requested or `deadline`; nothing if it is not set then.
  std::optional<absl::Status> WaitUntil(std::stop_token stop, absl::Time deadline) {
    base::MutexLock lock(mutex_);
    changed_.WaitUntil(mutex_, stop, deadline, [&] {
      mutex_.AssertHeld();
      return why_.has_value();
    });
    return why_;
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  std::optional<absl::Status> why_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::actor

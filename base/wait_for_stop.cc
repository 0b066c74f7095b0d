#include "base/wait_for_stop.h"

#include "base/mutex.h"

namespace gyre::base {

bool WaitForStop(std::stop_token stop, absl::Time deadline) {
  Mutex mutex;
  CondVar never_notified;
  MutexLock lock(mutex);
  never_notified.WaitUntil(mutex, stop, deadline, [] { return false; });
  return stop.stop_requested();
}

}  // namespace gyre::base

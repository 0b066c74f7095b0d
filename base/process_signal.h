#pragma once

#include <sys/types.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gyre::base {

// How main() learns of SIGINT, SIGTERM and, unless it is ignored (nohup), SIGHUP. Create blocks
// them in the calling thread, from which later threads inherit it, so main calls it before it
// starts any; they then wait in a descriptor instead of interrupting. It ignores SIGPIPE, so that a
// peer that closes its end gives an error of the write and does not end this process. A child
// process inherits both: whoever starts programs other than Gyre's roles resets them
// (posix_spawnattr_setsigmask and _setsigdefault).
class SignalWaiter {
 public:
  static absl::StatusOr<SignalWaiter> Create();
  SignalWaiter(SignalWaiter&& other) noexcept;
  SignalWaiter& operator=(SignalWaiter&&) = delete;
  // Leaves the signals blocked, so that a second Ctrl-C does not cut a drain short.
  ~SignalWaiter();

  // Blocks until such a signal came, which is returned and taken; nothing when `deadline` (real
  // time) passed or Interrupt was called. One waiting thread at a time.
  std::optional<int> WaitUntil(absl::Time deadline);

  // Can be read from when a signal waits to be taken: for poll() beside other descriptors.
  int descriptor() const { return signal_descriptor_; }

  // Ends the present wait, or the next one, early. Any thread: by it a role that has finished wakes
  // its main().
  void Interrupt();

 private:
  SignalWaiter(int signal_descriptor, int interrupt_descriptor);

  int signal_descriptor_;
  int interrupt_descriptor_;
};

// Makes the kernel SIGKILL this process when the thread that started it ends, so the parent starts
// its children from its main thread. FAILED_PRECONDITION when the parent is no longer
// `expected_parent`: it died before this call. For the first lines of main.
absl::Status DieWithParent(pid_t expected_parent);

}  // namespace gyre::base

#include "base/process_signal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"

namespace gyre::base {

absl::StatusOr<SignalWaiter> SignalWaiter::Create() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // A terminal that closes stops a run as SIGTERM does, unless nohup said that it must not: a
  // blocked signal comes even if it is ignored.
  struct sigaction hangup;
  const int asked = sigaction(SIGHUP, nullptr, &hangup);
  if (asked == 0 && hangup.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  const int masked = pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  GYRE_CHECK(masked == 0, "valid signals can be blocked");
  signal(SIGPIPE, SIG_IGN);
  const int signal_descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_descriptor < 0) return absl::ErrnoToStatus(errno, "cannot wait for signals");
  const int interrupt_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (interrupt_descriptor < 0) {
    const absl::Status error = absl::ErrnoToStatus(errno, "cannot wait for signals");
    close(signal_descriptor);
    return error;
  }
  return SignalWaiter(signal_descriptor, interrupt_descriptor);
}

SignalWaiter::SignalWaiter(int signal_descriptor, int interrupt_descriptor)
    : signal_descriptor_(signal_descriptor), interrupt_descriptor_(interrupt_descriptor) {}

SignalWaiter::SignalWaiter(SignalWaiter&& other) noexcept
    : signal_descriptor_(std::exchange(other.signal_descriptor_, -1)),
      interrupt_descriptor_(std::exchange(other.interrupt_descriptor_, -1)) {}

SignalWaiter::~SignalWaiter() {
  if (signal_descriptor_ >= 0) close(signal_descriptor_);
  if (interrupt_descriptor_ >= 0) close(interrupt_descriptor_);
}

std::optional<int> SignalWaiter::WaitUntil(absl::Time deadline) {
  while (true) {
    const absl::Duration left =
        std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(24));
    pollfd descriptors[] = {{signal_descriptor_, POLLIN, 0}, {interrupt_descriptor_, POLLIN, 0}};
    // Rounded up, so that the last millisecond is waited for and not spun through.
    const int timeout_ms =
        static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
    const int ready = poll(descriptors, 2, timeout_ms);
    GYRE_CHECK(ready >= 0 || errno == EINTR, "two own descriptors can be polled");
    signalfd_siginfo signal;
    if (read(signal_descriptor_, &signal, sizeof(signal)) == sizeof(signal)) {
      return static_cast<int>(signal.ssi_signo);
    }
    uint64_t interrupts;
    if (read(interrupt_descriptor_, &interrupts, sizeof(interrupts)) == sizeof(interrupts)) {
      return std::nullopt;
    }
    if (absl::Now() >= deadline) return std::nullopt;
  }
}

void SignalWaiter::Interrupt() {
  const uint64_t one = 1;
  const ssize_t written = write(interrupt_descriptor_, &one, sizeof(one));
  GYRE_CHECK(written == sizeof(one) || errno == EAGAIN, "an event counter takes a one");
}

absl::Status DieWithParent(pid_t expected_parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    return absl::ErrnoToStatus(errno, "cannot tie this process to its parent");
  }
  if (getppid() != expected_parent) {
    return absl::FailedPreconditionError(
        absl::StrCat("the parent process ", expected_parent, " is gone"));
  }
  return absl::OkStatus();
}

}  // namespace gyre::base

#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace gyre::coordinator {

// Holds run_dir/ledger.lock, so that two coordinators never share a run directory. The kernel lets
// go of it when the process ends, however it ends.
class RunLock {
 public:
  // FAILED_PRECONDITION: another process holds it.
  static absl::StatusOr<RunLock> Take(const std::string& run_dir);
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  explicit RunLock(int file) : file_(file) {}

  int file_;  // -1 once moved from
};

}  // namespace gyre::coordinator

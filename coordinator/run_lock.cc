#include "coordinator/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"

namespace gyre::coordinator {

absl::StatusOr<RunLock> RunLock::Take(const std::string& run_dir) {
  const std::string path = absl::StrCat(run_dir, "/ledger.lock");
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return base::FileError(errno, "open", path);
  RunLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return base::FileError(errno, "lock", path);
    return absl::FailedPreconditionError(
        absl::StrCat("the run directory ", run_dir,
                     " is in use by another coordinator; stop that one or use another directory"));
  }
  return lock;
}

RunLock::RunLock(RunLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

RunLock::~RunLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace gyre::coordinator

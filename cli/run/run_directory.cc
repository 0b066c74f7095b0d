#include "cli/run/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "spec/load_spec.h"
#include "spec/resolve.h"

namespace gyre::cli {
namespace {

constexpr char kLockName[] = "run.lock";
// A killed coordinator holds its lock until its last write to the disk is over.
constexpr absl::Duration kLedgerPatience = absl::Seconds(5);
constexpr absl::Duration kLedgerLook = absl::Milliseconds(20);
// `gyre status` holds run.lock for a moment to see whether anybody does.
constexpr absl::Duration kLookPatience = absl::Milliseconds(200);

// Whether another process holds the lock of a file; false, too, if there is no such file.
bool IsLocked(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool locked = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(file);
  return locked;
}

void AwaitUnlocked(const std::string& path) {
  const absl::Time deadline = absl::Now() + kLedgerPatience;
  while (IsLocked(path) && absl::Now() < deadline) absl::SleepFor(kLedgerLook);
}

// True if all that stands there was left by a start that did not come as far as the spec.
bool HoldsNothing(const std::string& path, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == kLockName || name == "spec.textproto.tmp") continue;
    const auto logs = base::ListFolder(absl::StrCat(path, "/", name));
    if (name != "logs" || !logs.ok() || !logs->empty()) return false;
  }
  return true;
}

// Whose it is, for the one who is refused; not trusted for anything else.
void WriteOwner(int lock) {
  const std::string owner = absl::StrCat(getpid(), "\n");
  if (ftruncate(lock, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(lock, owner.data(), owner.size(), 0);
  }
}

}  // namespace

std::string SpecDifferences(const RunSpec& before, const RunSpec& now) {
  const RunSpec a = spec::WithoutLocal(before), b = spec::WithoutLocal(now);
  std::string differences;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&differences);
  if (differencer.Compare(a, b)) return "";
  return std::string(absl::StripTrailingAsciiWhitespace(differences));
}

absl::StatusOr<RunDirectory> RunDirectory::Lock(const std::string& path) {
  const std::string lock_path = absl::StrCat(path, "/", kLockName);
  const int lock = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return base::FileError(errno, "open", lock_path);
  bool held = flock(lock, LOCK_EX | LOCK_NB) == 0;
  if (!held && errno == EWOULDBLOCK) {
    absl::SleepFor(kLookPatience);
    held = flock(lock, LOCK_EX | LOCK_NB) == 0;
  }
  if (!held) {
    const int error = errno;
    close(lock);
    if (error != EWOULDBLOCK) return base::FileError(error, "lock", lock_path);
    const std::string owner =
        std::string(absl::StripAsciiWhitespace(base::ReadFile(lock_path).value_or("")));
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is in use by another gyre run (process ", owner,
                     "); wait for it, or choose another --run-dir"));
  }
  WriteOwner(lock);
  return RunDirectory(path, lock);
}

absl::Status RunDirectory::CheckUnused(const std::string& path) {
  if (!base::Exists(path)) return absl::OkStatus();
  GYRE_ASSIGN_OR_RETURN(const std::vector<std::string> names, base::ListFolder(path));
  if (HoldsNothing(path, names)) return absl::OkStatus();
  // Who is running there is the better answer, if somebody is.
  if (base::Exists(absl::StrCat(path, "/", kLockName))) {
    GYRE_RETURN_IF_ERROR(Lock(path).status());
  }
  return absl::FailedPreconditionError(
      base::Exists(path + "/spec.textproto")
          ? absl::StrCat(path,
                         " holds a run already; go on with it by --resume, or choose "
                         "another --run-dir")
          : absl::StrCat(path, " is not empty; choose another --run-dir"));
}

absl::StatusOr<RunDirectory> RunDirectory::Create(const std::string& path, const RunSpec& spec) {
  GYRE_RETURN_IF_ERROR(CheckUnused(path));
  GYRE_RETURN_IF_ERROR(base::CreateFolders(path));
  GYRE_ASSIGN_OR_RETURN(RunDirectory directory, Lock(path));
  GYRE_RETURN_IF_ERROR(base::CreateFolders(path + "/logs"));
  GYRE_RETURN_IF_ERROR(spec::WriteSpec(spec, directory.spec_path()));
  return directory;
}

absl::StatusOr<RunDirectory> RunDirectory::Reopen(const std::string& path, const RunSpec& spec) {
  if (!base::Exists(path + "/spec.textproto")) {
    return absl::NotFoundError(absl::StrCat("there is no run in ", path,
                                            " to go on with; leave --resume out to begin one"));
  }
  GYRE_ASSIGN_OR_RETURN(RunDirectory directory, Lock(path));
  // It was validated when the run was begun.
  GYRE_ASSIGN_OR_RETURN(const RunSpec before,
                        spec::LoadSpec(directory.spec_path(), {}, spec::NamedFiles::kLeave));
  const std::string differences = SpecDifferences(before, spec);
  if (!differences.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the run in ", path, " was begun with another spec:\n", differences,
                     "\nundo this, choose another --run-dir, or remove this one to begin anew"));
  }
  AwaitUnlocked(path + "/ledger.lock");
  GYRE_RETURN_IF_ERROR(base::CreateFolders(path + "/logs"));
  if (spec::SpecToText(before) != spec::SpecToText(spec)) {
    GYRE_RETURN_IF_ERROR(spec::WriteSpec(spec, directory.spec_path()));
  }
  return directory;
}

std::optional<std::string> RunDirectory::Owner(const std::string& path) {
  const std::string lock_path = absl::StrCat(path, "/", kLockName);
  if (!IsLocked(lock_path)) return std::nullopt;
  return std::string(absl::StripAsciiWhitespace(base::ReadFile(lock_path).value_or("")));
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) close(lock_);
}

}  // namespace gyre::cli

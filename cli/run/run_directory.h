#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/run_spec.pb.h"

namespace gyre::cli {

// A run's folder, held by one `gyre run` at a time: by a lock that the kernel lets go of when the
// process ends, however it ends. See docs/run_directory.md for what is in it.
class RunDirectory {
 public:
  // Makes the folder for a new run and writes spec.textproto. FAILED_PRECONDITION: it is in use, or
  // something is in it already (nothing is changed then); the message says what to do.
  static absl::StatusOr<RunDirectory> Create(const std::string& path, const RunSpec& spec);

  // Takes the folder of an earlier run to go on with it. NOT_FOUND: there is none.
  // FAILED_PRECONDITION: it is in use; or it was begun with another spec, and the message lists the
  // fields that differ. `local` may differ; spec.textproto then gets the new one.
  static absl::StatusOr<RunDirectory> Reopen(const std::string& path, const RunSpec& spec);

  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  const std::string& path() const { return path_; }
  std::string spec_path() const { return path_ + "/spec.textproto"; }
  std::string log_path(const std::string& process) const {
    return path_ + "/logs/" + process + ".log";
  }
  std::string ports_path() const { return path_ + "/ports.json"; }
  std::string summary_path() const { return path_ + "/summary.json"; }

 private:
  RunDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  static absl::StatusOr<RunDirectory> Lock(const std::string& path);

  std::string path_;
  int lock_;  // descriptor of run.lock; -1 once moved from
};

// The fields in which two resolved specs differ apart from `local`, one a line
// ("modified: stage[1].rl.steps: 6 -> 7"); empty if they have the same digest.
std::string SpecDifferences(const RunSpec& before, const RunSpec& now);

}  // namespace gyre::cli

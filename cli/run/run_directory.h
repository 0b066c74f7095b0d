#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/run_spec.pb.h"

namespace gyre::cli {

// A run's folder, held by one `gyre run` at a time: by a lock that the kernel lets go of when the
// process ends, however it ends. See docs/run_directory.md for what is in it.
class RunDirectory {
 public:
  // Whether Create may make a run there; nothing is changed. What a start that came no further left
  // there does not count. FAILED_PRECONDITION: it is in use, or something is in it already; the
  // message says what to do. In use is what another process holds now and a moment later.
  static absl::Status CheckUnused(const std::string& path);

  // Makes the folder for a new run and writes spec.textproto. Errors as CheckUnused's.
  static absl::StatusOr<RunDirectory> Create(const std::string& path, const RunSpec& spec);

  // Takes the folder of an earlier run to go on with it. NOT_FOUND: there is none.
  // FAILED_PRECONDITION: it is in use; or it was begun with another spec, and the message lists the
  // fields that differ. `local` may differ, but for learner_ranks, which changes the weights;
  // spec.textproto then gets the new one. Blocks a little where a killed run's coordinator still
  // holds the ledger.
  static absl::StatusOr<RunDirectory> Reopen(const std::string& path, const RunSpec& spec);

  // The process id of the `gyre run` that holds the folder now; nothing if none does.
  static std::optional<std::string> Owner(const std::string& path);

  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  const std::string& path() const { return path_; }
  std::string spec_path() const { return path_ + "/spec.textproto"; }
  std::string ports_path() const { return path_ + "/ports.json"; }

 private:
  RunDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  static absl::StatusOr<RunDirectory> Lock(const std::string& path);

  std::string path_;
  int lock_;  // descriptor of run.lock; -1 once moved from
};

// The fields in which two resolved specs differ, apart from those that do not change the weights
// (see spec::WithoutLocal), one a line
// ("modified: stage[1].rl.steps: 6 -> 7"); empty if they have the same digest.
std::string SpecDifferences(const RunSpec& before, const RunSpec& now);

}  // namespace gyre::cli

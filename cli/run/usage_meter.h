#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace gyre::cli {

// How busy a run kept the machine, stage by stage, over all starts of `gyre run`; and how often
// processes were started again. For one thread. Kept in RUN_DIR/processes.json:
//   {"cores": 2, "stages": [{"name", "wall_seconds", "cpu_seconds", "cores_busy"}],
//    "restarts": {"actor-0": 1}, "failure": why `gyre run` gave up, if it did}
class UsageMeter {
 public:
  explicit UsageMeter(int cores) : cores_(cores) {}

  // Goes on from the file of an earlier start, but for its failure; a missing file or damaged
  // contents count as none.
  void Load(const std::string& path);
  absl::Status Save(const std::string& path) const;

  // The time since the last call belongs to `stage`; an empty one counts for nothing. `cpu_time` is
  // of all processes since the start, so it never falls.
  void Record(const std::string& stage, absl::Time now, absl::Duration cpu_time);
  // Of this start.
  void SetRestarts(std::map<std::string, int> restarts) { restarts_ = std::move(restarts); }

  // Of this start.
  void SetFailure(std::string failure) { failure_ = std::move(failure); }

  // "base 1.92 of 2 cores busy (96 %)", one a stage.
  std::vector<std::string> Sentences() const;

 private:
  struct Stage {
    std::string name;
    double wall_seconds = 0;
    double cpu_seconds = 0;
  };

  const int cores_;
  std::vector<Stage> stages_;
  std::map<std::string, int> former_restarts_;
  std::map<std::string, int> restarts_;
  std::string failure_;
  absl::Time last_ = absl::InfinitePast();
  absl::Duration last_cpu_time_;
};

}  // namespace gyre::cli

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gyre::cli {

// How a process ended.
struct ProcessExit {
  int code = 0;    // of exit(), if signal is 0
  int signal = 0;  // that killed it, or 0
  absl::Duration cpu_time;

  // "exit code 3" or "killed by signal 9".
  std::string ToString() const;
};

// A program in a process group of its own, so that a terminal's Ctrl-C does not reach it, which the
// kernel kills when the thread that started it ends, however that happens. Standard input is empty;
// both outputs are appended to a file. For the main thread only.
class ChildProcess {
 public:
  // argv[0] is the path of the binary. It gets this process's environment, in which `environment`
  // ("NAME=value") replaces and adds. NOT_FOUND: no such binary; else the system's reason.
  static absl::StatusOr<ChildProcess> Start(const std::vector<std::string>& argv,
                                            const std::string& output_file,
                                            const std::vector<std::string>& environment = {});
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  // Kills it (SIGKILL) and waits, unless its end was seen.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // Never blocks. How it ended, once; nothing while it runs and after that.
  std::optional<ProcessExit> PollExit();
  bool running() const { return running_; }
  void Signal(int signal) const;
  // User and system time so far; the last known once it ended.
  absl::Duration CpuTime() const;

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid), running_(true) {}
  void KillAndWait();

  pid_t pid_;
  bool running_;
  absl::Duration final_cpu_time_;
};

}  // namespace gyre::cli

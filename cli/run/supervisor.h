#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/process_signal.h"
#include "cli/run/child_process.h"
#include "cli/run/processes.h"
#include "cli/run/restart_policy.h"

namespace gyre::cli {

// Starts the processes of a run, starts again what dies, and stops them in order. Everything on the
// main thread, since the kernel ends the children of a thread with it.
class Supervisor {
 public:
  // `tell` gets a sentence for each restart, for people ("actor-0 ended (killed by signal
  // 9); starting it again").
  Supervisor(std::vector<ProcessPlan> plans, std::function<void(const std::string&)> tell);
  // Kills what is left.
  ~Supervisor();

  // In the order of the plans. An error: a binary or a log file cannot be opened.
  absl::Status Start();

  // Looks after the processes once; never blocks. `progress` grows with the run's work. An error
  // means that the run cannot go on: the coordinator or a learner rank ended with exit code 1, a
  // process refused its command line, or one ends again and again. It has the last error line of
  // the log, and names the log.
  absl::Status Tend(absl::Time now, uint64_t progress);

  // Asks the processes to end, kind after kind: actors, learner ranks, rewarders, coordinator; each
  // kind gets a grace period of its own, at most `maximum_grace`, then it is killed. Blocks until
  // all have ended. A signal meanwhile, other than SIGHUP, kills all at once. What goes wrong with
  // one that was asked is told. True if every process ended by itself.
  bool Drain(base::SignalWaiter& signals, absl::Duration maximum_grace = absl::InfiniteDuration());

  // Blocks until all but the coordinator have ended by themselves, as they do once the run is
  // complete, or `grace` is over. A signal meanwhile kills all at once. One that fails is told.
  void AwaitMembers(base::SignalWaiter& signals, absl::Duration grace);

  // Of all processes that are or were, until now.
  absl::Duration CpuTime() const;
  // Of those that were started more than once, by name.
  std::map<std::string, int> Restarts() const;
  // Of running processes, for the live view.
  std::map<std::string, pid_t> Pids() const;

 private:
  struct Member {
    ProcessPlan plan;
    RestartPolicy policy;
    std::optional<ChildProcess> process;
    std::optional<absl::Time> next_start;  // while it waits for one
    std::string why_ended;                 // its last life
    int starts = 0;
    uint64_t log_begin = 0;  // of its present life, in its log
    absl::Duration former_cpu_time;
  };

  absl::Status StartMember(Member& member);
  absl::Status Judge(Member& member, const ProcessExit& exit, absl::Time now, uint64_t progress);
  // Until all of the kind have ended or the deadline is there; false then, or after a signal.
  // `when` ends the sentence on one that fails ("while it was stopped").
  bool AwaitEnd(ProcessKind kind, absl::string_view when, absl::Time deadline,
                base::SignalWaiter& signals);
  void Reap(Member& member, absl::string_view when);
  void KillAll();

  std::vector<Member> members_;
  const std::function<void(const std::string&)> tell_;
};

}  // namespace gyre::cli

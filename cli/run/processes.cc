#include "cli/run/processes.h"

#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "rpc/run_token.h"

namespace gyre::cli {
namespace {

class Planner {
 public:
  explicit Planner(const RunPlan& plan) : plan_(plan) {}

  void Add(ProcessKind kind, const std::string& binary, const std::string& name,
           const std::vector<std::string>& arguments) {
    ProcessPlan process;
    process.kind = kind;
    process.name = name;
    process.log_file = absl::StrCat(plan_.run_dir, "/logs/", name, ".log");
    process.argv = {absl::StrCat(plan_.binary_folder, "/", binary)};
    process.argv.insert(process.argv.end(), arguments.begin(), arguments.end());
    for (const std::string& argument : {std::string("--parent-pid"), absl::StrCat(getpid()),
                                        std::string("--log-file"), process.log_file}) {
      process.argv.push_back(argument);
    }
    // Not an argument: every user of the machine can read those.
    process.environment = {absl::StrCat(rpc::kRunTokenVariable, "=", plan_.run_token)};
    if (processes_.size() < plan_.metrics_ports.size()) {
      process.metrics_port = plan_.metrics_ports[processes_.size()];
      process.argv.push_back("--metrics-port");
      process.argv.push_back(absl::StrCat(process.metrics_port));
    }
    process.restart_argv = process.argv;
    if (kind == ProcessKind::kCoordinator) {
      // What it began in its first life it goes on with in the next ones.
      process.restart_argv.push_back("--resume");
      if (plan_.resume) process.argv = process.restart_argv;
    }
    processes_.push_back(std::move(process));
  }

  void AddMembers(ProcessKind kind, const std::string& role, int count,
                  const std::vector<std::string>& options = {}) {
    for (int i = 0; i < count; ++i) {
      const std::string name = absl::StrCat(role, "-", i);
      std::vector<std::string> arguments = {"--join", plan_.coordinator_address, "--name", name};
      arguments.insert(arguments.end(), options.begin(), options.end());
      Add(kind, absl::StrCat("gyre-", role), name, arguments);
    }
  }

  std::vector<ProcessPlan> Take() { return std::move(processes_); }

 private:
  const RunPlan& plan_;
  std::vector<ProcessPlan> processes_;
};

}  // namespace

std::vector<ProcessPlan> PlanProcesses(const RunSpec& spec, const RunPlan& plan) {
  Planner planner(plan);
  planner.Add(
      ProcessKind::kCoordinator, "gyre-coordinator", "coordinator-0",
      {"--spec", plan.spec_path, "--run-dir", plan.run_dir, "--address", plan.coordinator_address});
  planner.AddMembers(ProcessKind::kRewarder, "rewarder",
                     static_cast<int>(spec.local().rewarders()));
  planner.AddMembers(ProcessKind::kLearner, "learner",
                     static_cast<int>(spec.local().learner_ranks()));
  planner.AddMembers(ProcessKind::kActor, "actor", static_cast<int>(spec.local().actors()),
                     {"--max-sequences", absl::StrCat(spec.local().max_sequences_per_actor())});
  return planner.Take();
}

absl::Status CheckBinaries(const std::string& binary_folder) {
  for (const char* role : {"coordinator", "rewarder", "learner", "actor"}) {
    const std::string path = absl::StrCat(binary_folder, "/gyre-", role);
    if (access(path.c_str(), X_OK) != 0) return base::FileError(errno, "run", path);
  }
  return absl::OkStatus();
}

int NumProcesses(const RunSpec& spec) {
  return static_cast<int>(1 + spec.local().rewarders() + spec.local().learner_ranks() +
                          spec.local().actors());
}

}  // namespace gyre::cli

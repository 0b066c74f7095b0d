#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/run_spec.pb.h"

namespace gyre::cli {

enum class ProcessKind { kCoordinator, kRewarder, kLearner, kActor };

// One of the processes of a run.
struct ProcessPlan {
  ProcessKind kind;
  std::string name;  // "actor-0": also of its log, and by which it joins
  std::vector<std::string> argv;
  std::string log_file;
  std::vector<std::string> restart_argv;  // from the second start on
  std::vector<std::string> environment;   // "NAME=value", besides that of `gyre run`
  int metrics_port = -1;                  // -1: none
};

struct RunPlan {
  std::string binary_folder;
  std::string run_dir;
  std::string spec_path;
  std::string coordinator_address;
  std::string run_token;
  bool resume = false;
  std::vector<int> metrics_ports;  // one a process, in order; empty: none serves metrics
};

// The processes that `spec.local` asks for, in the order in which they are started: coordinator,
// rewarders, learner ranks, actors. They end with the calling process.
std::vector<ProcessPlan> PlanProcesses(const RunSpec& spec, const RunPlan& plan);

// NOT_FOUND names a role whose binary is not in the folder.
absl::Status CheckBinaries(const std::string& binary_folder);

// How many processes those are.
int NumProcesses(const RunSpec& spec);

}  // namespace gyre::cli

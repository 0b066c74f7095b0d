#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "base/process_signal.h"
#include "cli/run/processes.h"
#include "cli/run/run_directory.h"
#include "cli/run/run_view.h"
#include "cli/run/supervisor.h"
#include "cli/run/usage_meter.h"
#include "proto/run_spec.pb.h"

namespace gyre::cli {

// The processes of one run on this machine, from their start to their end. For the main thread.
class LocalRun {
 public:
  enum class Ending { kFinished, kStopped, kFailed };

  // Both outlive it.
  LocalRun(const RunDirectory& directory, const RunSpec& spec, const RunPlan& plan, RunView& view);

  // Blocks until the run is complete, cannot go on, or a signal came. All processes have ended
  // then.
  Ending Run(base::SignalWaiter& signals);

  // Why it failed, in a line.
  const std::string& failure() const { return failure_; }
  const UsageMeter& usage() const { return usage_; }
  // "step 12 of stage zero" where it ended.
  std::string Place() const;

 private:
  Ending Watch(base::SignalWaiter& signals);
  void MeasureUsage(const std::string& stage);
  absl::Status WritePorts() const;

  const RunDirectory& directory_;
  const RunPlan plan_;
  const std::vector<ProcessPlan> processes_;
  RunView& view_;
  RunProgress progress_;
  Supervisor supervisor_;
  UsageMeter usage_;
  absl::Time next_measure_ = absl::InfinitePast();
  absl::Time next_save_ = absl::InfinitePast();
  std::string failure_;
};

}  // namespace gyre::cli

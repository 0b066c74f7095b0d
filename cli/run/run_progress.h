#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proto/coordinator.pb.h"
#include "proto/run_spec.pb.h"

namespace gyre::cli {

// What is known of a running run: its spec, the coordinator's newest status and the recent steps of
// the present stage. What both views draw from. For one thread.
class RunProgress {
 public:
  explicit RunProgress(RunSpec spec) : spec_(std::move(spec)) {}

  void Update(const GetStatusReply& status, const std::vector<StepMetrics>& new_metrics);

  const RunSpec& spec() const { return spec_; }
  const GetStatusReply& status() const { return status_; }
  // Place of the present stage in the spec; -1 before the first status.
  int stage_index() const;
  bool is_rl() const;
  // Steps of the present stage, oldest first, at most kMaximumHistory.
  const std::deque<StepMetrics>& history() const { return history_; }
  // The newest one, or nullptr.
  const StepMetrics* last() const { return history_.empty() ? nullptr : &history_.back(); }

  // Over the newest steps; nothing before two are known.
  std::optional<double> SecondsPerStep() const;
  std::optional<double> TokensPerSecond() const;  // generated under rl, trained under sft
  std::optional<absl::Duration> StageTimeLeft() const;
  // Mean seconds a step by phase, over the newest steps.
  std::map<std::string, double> PhaseSeconds() const;
  // Mean of a number over the newest steps, at most `steps`, without those that have none (NaN);
  // NaN if none has.
  double Mean(double (StepMetrics::*number)() const, std::size_t steps) const;

  // Grows with every piece of work that is done.
  uint64_t WorkDone() const;

  static constexpr std::size_t kMaximumHistory = 500;

 private:
  // The newest steps from which rates are taken: of the last 15 seconds, at least two.
  std::size_t FirstRecent() const;

  const RunSpec spec_;
  GetStatusReply status_;
  std::deque<StepMetrics> history_;
};

}  // namespace gyre::cli

#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "absl/time/time.h"
#include "base/backoff.h"
#include "cli/run/child_process.h"

namespace gyre::cli {

// Decides when a process that ended is started again. For one process, one thread.
class RestartPolicy {
 public:
  // Seeds the jitter of the pauses.
  explicit RestartPolicy(uint64_t seed);

  // The pause before the next start: none after exit code 3 ("start me again"), otherwise from
  // 0.1 s, doubling up to 5 s. Nothing: while the run made no progress (`progress`, any number that
  // grows with the run's work) it ended more than kMaximumRestarts times within kWindowSeconds, or
  // more than kMaximumWithoutProgress times at whatever distance.
  std::optional<absl::Duration> NextPause(const ProcessExit& exit, absl::Time now,
                                          uint64_t progress);

  // Since the run last made progress.
  int ends() const { return ends_; }

  static constexpr int kMaximumRestarts = 10;
  static constexpr int kMaximumWithoutProgress = 30;
  static constexpr int kWindowSeconds = 60;
  static constexpr int kStartAgainCode = 3;

 private:
  base::Backoff backoff_;
  std::deque<absl::Time> recent_;
  int ends_ = 0;
  uint64_t progress_ = 0;
};

}  // namespace gyre::cli

#include "cli/run/restart_policy.h"

namespace gyre::cli {

RestartPolicy::RestartPolicy(uint64_t seed)
    : backoff_(absl::Milliseconds(100), absl::Seconds(5), seed) {}

std::optional<absl::Duration> RestartPolicy::NextPause(const ProcessExit& exit, absl::Time now,
                                                       uint64_t progress) {
  if (progress != progress_) {
    progress_ = progress;
    recent_.clear();
    ends_ = 0;
    backoff_.Reset();
  }
  while (!recent_.empty() && recent_.front() + absl::Seconds(kWindowSeconds) <= now)
    recent_.pop_front();
  recent_.push_back(now);
  ++ends_;
  if (static_cast<int>(recent_.size()) > kMaximumRestarts || ends_ > kMaximumWithoutProgress) {
    return std::nullopt;
  }
  const bool wants_restart = exit.signal == 0 && exit.code == kStartAgainCode;
  return wants_restart ? absl::ZeroDuration() : backoff_.Next();
}

}  // namespace gyre::cli

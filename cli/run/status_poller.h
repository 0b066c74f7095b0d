#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/worker_thread.h"
#include "proto/coordinator.grpc.pb.h"

namespace gyre::cli {

// One GetStatus call; UNAVAILABLE if nobody answers until the deadline.
absl::StatusOr<GetStatusReply> FetchStatus(const std::string& address, uint32_t metrics_after_line,
                                           absl::Time deadline);

// Asks the coordinator for its status once a second, on a thread of its own, so that a coordinator
// that hangs holds nobody up.
class StatusPoller {
 public:
  explicit StatusPoller(std::string address);

  struct News {
    GetStatusReply status;             // the newest, without recent_metrics
    std::vector<StepMetrics> metrics;  // that came since the last Take, oldest first, each once
  };
  // What has come since the last call; nothing if nothing has. Any thread.
  std::optional<News> Take();
  // How long the coordinator has not answered; 0 while it does.
  absl::Duration silence() const;

 private:
  void Run(std::stop_token stop);
  void Add(GetStatusReply status);

  const std::string address_;
  mutable base::Mutex mutex_;
  std::optional<News> news_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_answer_ ABSL_GUARDED_BY(mutex_);
  base::WorkerThread thread_;  // last: it uses all of the above
};

}  // namespace gyre::cli

#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "base/worker_thread.h"
#include "rpc/membership.h"

namespace gyre::rewarder {

// Keeps a rewarder known to the coordinator: joins, and tells it at even intervals that it is
// there. On a thread of its own.
class Heartbeat {
 public:
  struct Options {
    std::string coordinator;  // HOST:PORT
    std::string name;         // "rewarder-0"
    std::string run_token;
    std::string service_address;  // that actors call
  };

  // `on_end` is called once, from the thread, when the run is complete or when the coordinator
  // refuses this process for good; outcome() says which.
  Heartbeat(const Options& options, std::function<void()> on_end);
  // Leaves first, within two seconds.
  ~Heartbeat();

  // OK once the run is complete, the refusal once refused; UNAVAILABLE while it goes on.
  absl::Status outcome() const;

 private:
  void Run(std::stop_token stop);
  // Until the run is complete, this process is refused or stopped.
  absl::Status Beat(std::stop_token stop);

  const std::function<void()> on_end_;
  rpc::Membership membership_;
  mutable base::Mutex mutex_;
  absl::Status outcome_ ABSL_GUARDED_BY(mutex_);
  bool joined_ = false;        // of the thread alone
  base::WorkerThread thread_;  // last: it uses all of the above
};

}  // namespace gyre::rewarder

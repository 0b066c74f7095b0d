#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/worker_thread.h"
#include "proto/coordinator.grpc.pb.h"

namespace gyre::rewarder {

struct MembershipOptions {
  std::string coordinator;  // HOST:PORT
  std::string name;         // "rewarder-0"
  std::string run_token;
  std::string service_address;  // that actors call
};

// Keeps a rewarder known to the coordinator: joins, sends heartbeats, joins again when the
// coordinator does not know it any more (it restarted, or the process hung), waits while the
// coordinator is away. On a thread of its own.
class Membership {
 public:
  // `on_end` is called once, from the thread, when the run is complete or when the coordinator
  // refuses this process for good; outcome() says which.
  Membership(MembershipOptions options, std::function<void()> on_end);
  // Leaves first, within two seconds.
  ~Membership();

  // OK once the run is complete, the refusal once refused; UNAVAILABLE while it goes on.
  absl::Status outcome() const;

 private:
  void Run(std::stop_token stop);
  // Until joined (true), refused or stopped.
  bool Join(std::stop_token stop);
  absl::StatusOr<HeartbeatReply> Beat(std::stop_token stop);
  void End(absl::Status outcome);
  void Leave();

  const MembershipOptions options_;
  const std::function<void()> on_end_;
  const std::unique_ptr<Coordinator::Stub> stub_;
  mutable base::Mutex mutex_;
  absl::Status outcome_ ABSL_GUARDED_BY(mutex_);
  // Of the thread alone.
  JoinReply membership_;
  bool joined_ = false;
  base::WorkerThread thread_;  // last: it uses all of the above
};

}  // namespace gyre::rewarder

// This rank's membership: its calls on the coordinator, repeated until they are answered, and its
// joining again when the coordinator has restarted. All methods from any thread, after Join.
//
// What a call's error means for the rank:
//   ABORTED               the attempt is over: leave the collectives, exit, join again as a new
//   process CANCELLED             a stop was requested FAILED_PRECONDITION, others the run cannot
//   go on (or a bug); the message says why
// UNAVAILABLE and DEADLINE_EXCEEDED never come out: such calls are repeated.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "proto/coordinator.grpc.pb.h"
#include "proto/coordinator.pb.h"

namespace gyre::learner {

class CoordinatorSession {
 public:
  struct Options {
    std::string coordinator;  // HOST:PORT
    std::string name;         // "learner-0"
    std::string build;        // base::BuildVersion()
    std::string run_token;
    std::string policy_address;  // where this process would serve policies
    // The longest that one attempt of a call may take beyond the time that it is meant to wait.
    absl::Duration call_timeout = absl::Seconds(20);
  };

  // Joins as a new rank. Blocks until the coordinator answers or a stop is requested.
  static absl::StatusOr<std::unique_ptr<CoordinatorSession>> Join(Options options,
                                                                  std::stop_token stop);
  CoordinatorSession(const CoordinatorSession&) = delete;
  CoordinatorSession& operator=(const CoordinatorSession&) = delete;

  // The answer to the first joining. Spec, run_dir and rank do not change later.
  const JoinReply& joined() const { return joined_; }
  uint32_t rank() const { return joined_.rank().rank(); }
  uint32_t attempt() const { return joined_.rank().attempt(); }
  uint32_t world_size() const { return joined_.rank().world_size(); }

  // From when this rank's parameters can go on after a restart of the coordinator; said when
  // joining again. Before the first call the rank holds nothing, and joining again gives ABORTED.
  void HoldVersion(int64_t version) { held_version_ = version; }

  // Each fills in member and attempt, and blocks until answered or `stop` is requested. Those
  // without a stop are short, and what has been trained depends on them.
  absl::StatusOr<RendezvousReply> Rendezvous(const std::string& store_address,
                                             std::stop_token stop);
  absl::StatusOr<NextStepReply> NextStep(int64_t version, absl::Duration wait,
                                         std::stop_token stop);
  absl::StatusOr<std::vector<TrainGroup>> ReadShare(const std::vector<GroupId>& groups);
  absl::Status CommitStep(CommitStepRequest request, std::stop_token stop);
  absl::Status PublishPolicy(const PolicyManifest& manifest);
  absl::Status RecordCheckpoint(int64_t version, const std::string& checkpoint,
                                const std::string& policy_digest);
  absl::StatusOr<HeartbeatReply> Heartbeat(std::vector<Wait> waits, std::stop_token stop);

  // One attempt, at most `timeout`; errors are logged. `failure` not empty ends the run.
  void Leave(const std::string& reason, const std::string& failure, absl::Duration timeout);

 private:
  using Attempt = absl::FunctionRef<grpc::Status(grpc::ClientContext&, const MemberRef&)>;

  explicit CoordinatorSession(Options options);

  absl::StatusOr<JoinReply> SendJoin(const std::optional<HeldRank>& held, std::stop_token stop);
  // Joins again unless another thread has done so since `old` was refused.
  absl::Status Rejoin(const MemberRef& old, std::stop_token stop);
  absl::Status Call(const std::string& method, absl::Duration timeout, std::stop_token stop,
                    Attempt attempt);
  MemberRef member() const ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  std::unique_ptr<Coordinator::Stub> stub_;
  JoinReply joined_;  // constant once Join has returned
  std::atomic<int64_t> held_version_ = -1;
  base::Mutex joining_;  // held while joining again; before mutex_
  mutable base::Mutex mutex_;
  MemberRef member_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::learner

// This rank's calls on the coordinator, through its membership: repeated until they are answered,
// and joining again, with what it holds, when the coordinator has restarted. All methods from any
// thread, after Join.
//
// What a call's error means for the rank:
//   ABORTED      the attempt is over: leave the collectives, exit, join again as a new process
//   CANCELLED    a stop was requested
//   others       the run cannot go on (or a bug); the message says why
// Silence never comes out: such calls are repeated.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/coordinator.grpc.pb.h"
#include "proto/coordinator.pb.h"
#include "rpc/membership.h"
#include "rpc/wait_board.h"

namespace gyre::learner {

class CoordinatorSession {
 public:
  struct Options {
    std::string coordinator;  // HOST:PORT
    std::string name;         // "learner-0"
    std::string build;        // base::BuildVersion()
    std::string run_token;
    std::string policy_address;  // where this process would serve policies
  };

  // Joins as a new rank. Blocks until the coordinator answers or a stop is requested. `waits` shows
  // when the coordinator is waited for; it outlives the session.
  static absl::StatusOr<std::unique_ptr<CoordinatorSession>> Join(const Options& options,
                                                                  rpc::WaitBoard& waits,
                                                                  std::stop_token stop);
  CoordinatorSession(const CoordinatorSession&) = delete;
  CoordinatorSession& operator=(const CoordinatorSession&) = delete;

  // The answer to the first joining. Spec, run_dir and rank do not change later.
  const JoinReply& joined() const { return membership_.joined(); }
  uint32_t rank() const { return joined().rank().rank(); }
  uint32_t attempt() const { return joined().rank().attempt(); }
  uint32_t world_size() const { return joined().rank().world_size(); }

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
  CoordinatorSession(const Options& options, rpc::WaitBoard& waits);

  absl::Status AddHeld(JoinRequest& request) const;

  rpc::Membership membership_;
  std::atomic<int64_t> held_version_ = -1;
};

}  // namespace gyre::learner

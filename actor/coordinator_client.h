#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/group_table.h"
#include "base/mutex.h"
#include "proto/coordinator.grpc.pb.h"
#include "proto/coordinator.pb.h"
#include "proto/run_spec.pb.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// This actor's membership: its calls on the coordinator, repeated until they are answered, and its
// joining again, with the leases that it holds, when the coordinator has restarted or forgotten it.
// All methods from any thread, after Join; each blocks until answered or a stop is requested
// (CANCELLED). UNAVAILABLE and DEADLINE_EXCEEDED never come out. When the coordinator refuses this
// process for good (wrong token, another build or spec, a failed run), on_refused is called and the
// call returns that status.
class CoordinatorClient {
 public:
  struct Options {
    std::string coordinator;  // HOST:PORT
    std::string name;         // "actor-0"
    std::string build;        // base::BuildVersion()
    std::string run_token;
    // The longest that one attempt of a call may take beyond the time that it is meant to wait.
    absl::Duration call_timeout = absl::Seconds(20);
  };
  struct Callbacks {
    std::function<std::vector<HeldLease>()> held_leases;
    // Leases that were not kept when joining again.
    std::function<void(const std::vector<uint64_t>& lease_ids)> on_lost;
    std::function<void(const absl::Status& why)> on_refused;
  };

  CoordinatorClient(Options options, Callbacks callbacks, rpc::WaitBoard& waits);
  CoordinatorClient(const CoordinatorClient&) = delete;
  CoordinatorClient& operator=(const CoordinatorClient&) = delete;

  // Once, before all other calls. INVALID_ARGUMENT: the coordinator's spec is not understood.
  absl::Status Join(std::stop_token stop);
  // What the first Join said; constant afterwards.
  const RunSpec& spec() const { return spec_; }
  absl::Duration heartbeat_interval() const {
    return absl::Seconds(joined_.heartbeat_seconds() > 0 ? joined_.heartbeat_seconds() : 1);
  }
  uint64_t member_id() const { return member().member_id(); }

  // Each fills in the member. Codes besides those above: proto/coordinator.proto.
  absl::StatusOr<HeartbeatReply> Heartbeat(HeartbeatRequest request, std::stop_token stop);
  absl::StatusOr<LeaseGroupsReply> LeaseGroups(LeaseGroupsRequest request, std::stop_token stop);
  absl::StatusOr<PolicyManifest> GetPolicy(const PolicyId& policy, std::stop_token stop);
  // The group's samples are moved into the messages one by one; it is whole again for another
  // attempt.
  absl::StatusOr<SubmitGroupReply> SubmitGroup(const OutgoingGroup& group, std::stop_token stop);
  absl::Status ReturnLeases(const std::vector<uint64_t>& lease_ids, const std::string& reason,
                            std::stop_token stop);

  // For the end: one attempt each, at most `timeout`; errors are logged.
  void GiveUpLeases(const std::vector<uint64_t>& lease_ids, const std::string& reason,
                    absl::Duration timeout);
  void Leave(const std::string& reason, absl::Duration timeout);

 private:
  using Attempt = absl::FunctionRef<grpc::Status(grpc::ClientContext&, const MemberRef&)>;

  absl::StatusOr<JoinReply> SendJoin(const std::vector<HeldLease>& held, std::stop_token stop);
  // Joins again unless another thread has done so since `old` was refused.
  absl::Status Rejoin(const MemberRef& old, std::stop_token stop);
  absl::Status Call(const std::string& method, absl::Duration timeout, std::stop_token stop,
                    Attempt attempt);
  absl::Status CallOnce(const std::string& method, absl::Duration timeout, Attempt attempt);
  MemberRef member() const ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  const Callbacks callbacks_;
  rpc::WaitBoard& waits_;
  std::unique_ptr<Coordinator::Stub> stub_;
  JoinReply joined_;  // constant once Join has returned, as is spec_
  RunSpec spec_;
  base::Mutex joining_;  // held while joining again; before mutex_
  mutable base::Mutex mutex_;
  MemberRef member_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::actor

#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/group_table.h"
#include "proto/coordinator.grpc.pb.h"
#include "proto/coordinator.pb.h"
#include "proto/run_spec.pb.h"
#include "rpc/membership.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// This actor's calls on the coordinator, through its membership: repeated until they are answered;
// joining again it says which leases it holds. All methods from any thread, after Join; each blocks
// until answered or a stop is requested (CANCELLED). When the coordinator refuses this process for
// good, on_refused is called and the call returns that status.
class CoordinatorClient {
 public:
  struct Options {
    std::string coordinator;  // HOST:PORT
    std::string name;         // "actor-0"
    std::string build;        // base::BuildVersion()
    std::string run_token;
  };
  struct Callbacks {
    std::function<std::vector<HeldLease>()> held_leases;
    // Leases that were not kept when joining again.
    std::function<void(const std::vector<uint64_t>& lease_ids)> on_lost;
    std::function<void(const absl::Status& why)> on_refused;
  };

  CoordinatorClient(const Options& options, Callbacks callbacks, rpc::WaitBoard& waits);
  CoordinatorClient(const CoordinatorClient&) = delete;
  CoordinatorClient& operator=(const CoordinatorClient&) = delete;

  // Once, before all other calls. INVALID_ARGUMENT: the coordinator's spec is not understood.
  absl::Status Join(std::stop_token stop);
  // What the first Join said; constant afterwards.
  const RunSpec& spec() const { return spec_; }
  absl::Duration heartbeat_interval() const { return membership_.heartbeat_interval(); }
  uint64_t member_id() const { return membership_.member().member_id(); }

  // Each fills in the member. Codes besides those above: proto/coordinator.proto.
  absl::StatusOr<HeartbeatReply> Heartbeat(HeartbeatRequest request, std::stop_token stop);
  absl::StatusOr<LeaseGroupsReply> LeaseGroups(LeaseGroupsRequest request, std::stop_token stop);
  absl::StatusOr<PolicyManifest> GetPolicy(const PolicyId& policy, std::stop_token stop);
  // The group's samples are copied into the messages one by one; it is whole for another attempt.
  absl::StatusOr<SubmitGroupReply> SubmitGroup(const OutgoingGroup& group, std::stop_token stop);
  absl::Status ReturnLease(uint64_t lease_id, const ReturnReason& reason, std::stop_token stop);

  // For the end: one attempt each, at most `timeout`; errors are logged.
  void ReturnAllLeases(const std::vector<uint64_t>& lease_ids, const std::string& reason,
                       absl::Duration timeout);
  void Leave(const std::string& reason, absl::Duration timeout);

 private:
  const Callbacks callbacks_;
  rpc::Membership membership_;
  RunSpec spec_;  // constant once Join has returned
};

}  // namespace gyre::actor

#pragma once

#include <stop_token>

#include "actor/actor_metrics.h"
#include "actor/coordinator_client.h"
#include "actor/group_table.h"
#include "actor/lease_loop.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// Hands in groups that are complete and returns the leases of those that are not to be had. Several
// threads may run it.
class SubmitLoop {
 public:
  SubmitLoop(CoordinatorClient& coordinator, GroupTable& groups, LeaseLoop& leases,
             ActorMetrics& metrics, rpc::WaitBoard& waits)
      : coordinator_(coordinator),
        groups_(groups),
        leases_(leases),
        metrics_(metrics),
        waits_(waits) {}

  // The body of a thread.
  void Run(std::stop_token stop);

 private:
  // Both return when the group has left, or a stop is requested, which leaves it in the table.
  void Submit(const OutgoingGroup& group, std::stop_token stop);
  void Return(const OutgoingGroup& group, const ReturnReason& reason, std::stop_token stop);
  void Leave(const OutgoingGroup& group, std::string_view end);

  CoordinatorClient& coordinator_;
  GroupTable& groups_;
  LeaseLoop& leases_;
  ActorMetrics& metrics_;
  rpc::WaitBoard& waits_;
};

}  // namespace gyre::actor

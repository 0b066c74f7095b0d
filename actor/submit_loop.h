#pragma once

#include <stop_token>

#include "actor/actor_metrics.h"
#include "actor/coordinator_client.h"
#include "actor/group_table.h"
#include "actor/lease_loop.h"

namespace gyre::actor {

// Hands in groups that are complete and gives back leases of those that cannot be made. Several
// threads may run it.
class SubmitLoop {
 public:
  SubmitLoop(CoordinatorClient& coordinator, GroupTable& groups, LeaseLoop& leases,
             ActorMetrics& metrics)
      : coordinator_(coordinator), groups_(groups), leases_(leases), metrics_(metrics) {}

  // The body of a thread.
  void Run(std::stop_token stop);

 private:
  // Both return when the group has left, or a stop is requested, which leaves it in the table.
  void Submit(const OutgoingGroup& group, std::stop_token stop);
  void GiveBack(const OutgoingGroup& group, const std::string& reason, std::stop_token stop);
  void Leave(const OutgoingGroup& group, std::string_view end);

  CoordinatorClient& coordinator_;
  GroupTable& groups_;
  LeaseLoop& leases_;
  ActorMetrics& metrics_;
};

}  // namespace gyre::actor

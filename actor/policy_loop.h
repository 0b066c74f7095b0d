#pragma once

#include <stop_token>

#include "actor/engine_loop.h"
#include "actor/group_starter.h"
#include "actor/group_table.h"
#include "actor/policy_fetcher.h"
#include "actor/policy_store.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// Fetches the policies that leases wait for, and the newest one ahead of need, and starts the
// groups that waited.
class PolicyLoop {
 public:
  PolicyLoop(PolicyStore& policies, PolicyFetcher& fetcher, GroupTable& groups,
             GroupStarter& starter, EngineLoop& engine, rpc::WaitBoard& waits)
      : policies_(policies),
        fetcher_(fetcher),
        groups_(groups),
        starter_(starter),
        engine_(engine),
        waits_(waits) {}

  // The body of a thread.
  void Run(std::stop_token stop);

 private:
  absl::Status Bring(const engine::PolicyIdentity& identity, std::stop_token stop);

  PolicyStore& policies_;
  PolicyFetcher& fetcher_;
  GroupTable& groups_;
  GroupStarter& starter_;
  EngineLoop& engine_;
  rpc::WaitBoard& waits_;
};

}  // namespace gyre::actor

#pragma once

#include <stop_token>

#include "actor/ending.h"
#include "actor/engine_loop.h"
#include "actor/group_starter.h"
#include "actor/group_table.h"
#include "actor/policy_fetcher.h"
#include "actor/policy_store.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// Fetches the policies that leases wait for, and the newest one ahead of need, and starts the
// groups that waited. A policy that does not come whole ends the actor: its groups go to others,
// and whoever watches the process reads why.
class PolicyLoop {
 public:
  PolicyLoop(PolicyStore& policies, PolicyFetcher& fetcher, GroupTable& groups,
             GroupStarter& starter, EngineLoop& engine, Ending& ending, rpc::WaitBoard& waits)
      : policies_(policies),
        fetcher_(fetcher),
        groups_(groups),
        starter_(starter),
        engine_(engine),
        ending_(ending),
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
  Ending& ending_;
  rpc::WaitBoard& waits_;
};

}  // namespace gyre::actor

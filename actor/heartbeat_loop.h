#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "actor/coordinator_client.h"
#include "actor/ending.h"
#include "actor/engine_loop.h"
#include "actor/group_table.h"
#include "actor/policy_fetcher.h"
#include "actor/policy_store.h"
#include "actor/reward_client.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// Tells the coordinator at even intervals how far this actor is, which keeps its leases, and passes
// on what the coordinator answers.
class HeartbeatLoop {
 public:
  HeartbeatLoop(CoordinatorClient& coordinator, GroupTable& groups, EngineLoop& engine,
                PolicyStore& policies, const PolicyFetcher& fetcher, RewardClient& rewarders,
                Ending& ending, const rpc::WaitBoard& waits)
      : coordinator_(coordinator),
        groups_(groups),
        engine_(engine),
        policies_(policies),
        fetcher_(fetcher),
        rewarders_(rewarders),
        ending_(ending),
        waits_(waits) {}

  // The body of a thread.
  void Run(std::stop_token stop);

 private:
  HeartbeatRequest Report() const;
  void Heed(const HeartbeatReply& reply);

  CoordinatorClient& coordinator_;
  GroupTable& groups_;
  EngineLoop& engine_;
  PolicyStore& policies_;
  const PolicyFetcher& fetcher_;
  RewardClient& rewarders_;
  Ending& ending_;
  const rpc::WaitBoard& waits_;
};

}  // namespace gyre::actor

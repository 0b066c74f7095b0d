#pragma once

#include <stop_token>

#include "actor/engine_loop.h"
#include "actor/group_table.h"
#include "actor/reward_client.h"

namespace gyre::actor {

// Takes finished samples to the rewarders and their outcomes back. Several threads may run it;
// their number bounds the calls in flight.
class ScoreLoop {
 public:
  ScoreLoop(GroupTable& groups, RewardClient& rewarders, EngineLoop& engine)
      : groups_(groups), rewarders_(rewarders), engine_(engine) {}

  // The body of a thread.
  void Run(std::stop_token stop);

 private:
  void Score(const ScoreTask& task, std::stop_token stop);

  GroupTable& groups_;
  RewardClient& rewarders_;
  EngineLoop& engine_;
};

}  // namespace gyre::actor

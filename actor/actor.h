#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "actor/actor_metrics.h"
#include "actor/coordinator_client.h"
#include "actor/ending.h"
#include "actor/engine_loop.h"
#include "actor/group_table.h"
#include "actor/policy_store.h"
#include "base/clock.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// An actor: leases groups, makes them, has them scored, hands them in. Its threads:
//
//   lease      asks the coordinator for groups                 → group table
//   policy     fetches, checks and packs weights               → policy store, engine's queue
//   engine     the only one to run an installed network        ← queue; → group table
//   score ×N   finished samples to the rewarders               ↔ group table
//   submit ×2  complete groups to the coordinator              ← group table
//   heartbeat  progress and waits out; lost leases, rewarders' addresses, the newest policy in
class Actor {
 public:
  struct Options {
    CoordinatorClient::Options coordinator;
    EngineLoop::Options engine;
    int score_threads = 4;
    absl::Duration score_delay = absl::Milliseconds(200);  // GroupTable::Options
    absl::Duration farewell_timeout = absl::Seconds(2);    // for each of two calls at the end
  };

  explicit Actor(Options options);
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  // Joins and works until the run is complete (OK), a stop is requested (OK; all leases are
  // returned), or the coordinator refuses this actor (its status). Once.
  absl::Status Run(std::stop_token stop);

  ActorMetrics& metrics() { return metrics_; }

 private:
  CoordinatorClient::Callbacks MakeCallbacks();
  // Runs all threads until the end; how it came.
  absl::Status Work(std::stop_token stop);
  void SayFarewell(const absl::Status& end, bool stopped);

  const Options options_;
  const base::RealClock clock_;
  ActorMetrics metrics_;
  rpc::WaitBoard waits_;
  Ending ending_;
  GroupTable groups_;
  PolicyStore policies_;
  EngineLoop engine_;
  CoordinatorClient coordinator_;
};

}  // namespace gyre::actor

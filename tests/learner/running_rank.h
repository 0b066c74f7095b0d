// A learner rank in this process, on a thread of its own.
#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/worker_thread.h"
#include "learner/learner.h"
#include "learner/learner_metrics.h"
#include "learner/policy_shelf.h"
#include "rpc/wait_board.h"

namespace gyre::learner {

class RunningRank {
 public:
  RunningRank(const std::string& coordinator, int index)
      : metrics_(*registry_),
        waits_(clock_),
        learner_({.coordinator = coordinator,
                  .name = absl::StrCat("learner-", index),
                  .build = "test",
                  .run_token = "token",
                  .policy_address = "127.0.0.1:1"},
                 shelf_, waits_, metrics_, [](Ending) {}),
        thread_("rank", [this](std::stop_token) { result_ = learner_.Run(); }) {}

  Learner& learner() { return learner_; }
  PolicyShelf& shelf() { return shelf_; }
  prometheus::Registry& registry() { return *registry_; }

  // Blocks until it has ended.
  const Learner::Result& Result() {
    thread_.Join();
    return result_;
  }

 private:
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  LearnerMetrics metrics_;
  base::RealClock clock_;
  rpc::WaitBoard waits_;
  PolicyShelf shelf_;
  Learner learner_;
  Learner::Result result_;
  base::WorkerThread thread_;
};

// Runs one rank to its end.
inline Learner::Result RunRank(const std::string& coordinator) {
  RunningRank rank(coordinator, 0);
  return rank.Result();
}

}  // namespace gyre::learner

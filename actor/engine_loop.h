#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "actor/actor_metrics.h"
#include "actor/group_table.h"
#include "base/bounded_queue.h"
#include "engine/engine.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// The engine and the one thread that runs it. Orders come by a queue and are carried out between
// two steps; finished samples and progress go to the group table. The engine is made with the first
// policy, whose shape all later ones must have.
class EngineLoop {
 public:
  struct Options {
    int32_t max_sequences = 256;
    int64_t kv_memory_bytes = int64_t{4} << 30;  // the cache takes at most so much
    int threads = 1;                             // that compute a step
  };

  EngineLoop(const Options& options, GroupTable& groups, ActorMetrics& metrics,
             rpc::WaitBoard& waits);
  EngineLoop(const EngineLoop&) = delete;
  EngineLoop& operator=(const EngineLoop&) = delete;

  // The body of the engine's thread: returns when a stop is requested.
  void Run(std::stop_token stop);

  // From any thread; each blocks for a moment at most while the queue is full.
  //
  // Makes the policy the current one, under which requests that are not pinned run, unless a newer
  // one is.
  absl::Status Install(std::shared_ptr<const engine::Policy> policy);
  // Starts a request, `policy` being installed before (or pinned, if request.pinned_policy is set).
  // A lease whose request the engine refuses is returned through the group table.
  absl::Status Add(engine::GenerationRequest request, std::shared_ptr<const engine::Policy> policy);
  absl::Status Cancel(uint64_t request_id);

  // As of a moment ago; any thread.
  uint64_t tokens_generated() const { return tokens_generated_; }
  uint32_t sequences_running() const { return sequences_running_; }

 private:
  struct InstallOrder {
    std::shared_ptr<const engine::Policy> policy;
  };
  struct AddOrder {
    engine::GenerationRequest request;
    std::shared_ptr<const engine::Policy> policy;
  };
  struct CancelOrder {
    uint64_t request_id = 0;
  };
  using Order = std::variant<InstallOrder, AddOrder, CancelOrder>;

  void CarryOut(Order order);
  absl::Status InstallNow(std::shared_ptr<const engine::Policy> policy);
  absl::Status AddNow(AddOrder order);
  void MakeEngine(const weights::ModelConfig& config);
  void WaitForOrder();
  // Finished samples at once, the rest now and then.
  void Report();

  const Options options_;
  GroupTable& groups_;
  ActorMetrics& metrics_;
  rpc::WaitBoard& waits_;
  base::BoundedQueue<Order> orders_;
  std::atomic<uint64_t> tokens_generated_ = 0;
  std::atomic<uint32_t> sequences_running_ = 0;

  // Of the engine's thread.
  std::optional<rpc::NamedWait> idle_;  // from one step that had something to do to the next
  std::optional<engine::Engine> engine_;
  std::vector<engine::FinishedSample> finished_;
  std::vector<engine::RequestProgress> progress_;
  absl::Time next_report_ = absl::InfinitePast();
};

}  // namespace gyre::actor

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bounded_queue.h"
#include "base/worker_thread.h"
#include "engine/engine.h"
#include "engine/engine_metrics.h"
#include "engine/generation_stream.h"

namespace gyre::engine {

// An engine with a thread of its own: requests are submitted from any thread, and each one's tokens
// come out of a stream of its own as they are drawn. (The actor runs its engine in a loop of its
// own, actor/engine_loop.h: it learns the network's shape from the first policy only, and wants the
// samples of all leases in one place.)
class EngineDriver {
 public:
  // `metrics`, which outlives it, is set after each step; or null.
  explicit EngineDriver(const Engine::Options& options, EngineMetrics* metrics = nullptr);
  // Closes.
  ~EngineDriver();
  EngineDriver(const EngineDriver&) = delete;
  EngineDriver& operator=(const EngineDriver&) = delete;

  // Each blocks for as long as many other orders wait, 10 s at most (DEADLINE_EXCEEDED); CANCELLED
  // after Close.
  //
  // As Engine::InstallPolicy; a policy of another config is refused at once.
  absl::Status Install(std::shared_ptr<const Policy> policy);
  // The request's id is given by the driver. What the engine refuses ends the stream.
  absl::StatusOr<std::shared_ptr<GenerationStream>> Submit(GenerationRequest request);
  // Ends the stream soon, with CANCELLED.
  absl::Status Cancel(const GenerationStream& stream);

  // Ends all streams and the thread; blocks until the step that runs is over. More than once; not
  // from two threads at once.
  void Close();

 private:
  struct InstallOrder {
    std::shared_ptr<const Policy> policy;
  };
  struct SubmitOrder {
    GenerationRequest request;
    std::shared_ptr<GenerationStream> stream;
  };
  struct CancelOrder {
    uint64_t request_id = 0;
  };
  using Order = std::variant<InstallOrder, SubmitOrder, CancelOrder>;

  void Run(std::stop_token stop);
  void CarryOut(Order order);
  void Deliver();
  void EndStream(uint64_t request_id, absl::Status why);

  const Engine::Options options_;
  base::BoundedQueue<Order> orders_;
  std::atomic<uint64_t> next_id_ = 1;

  // Of the thread.
  struct Open {
    std::shared_ptr<GenerationStream> stream;
    int32_t samples_left = 0;
  };
  Engine engine_;
  absl::flat_hash_map<uint64_t, Open> open_;
  std::vector<FinishedSample> finished_;
  std::vector<NewToken> tokens_;
  EngineMetrics* const metrics_;

  base::WorkerThread thread_;
};

}  // namespace gyre::engine

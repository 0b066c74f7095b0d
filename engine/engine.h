#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "engine/generation_request.h"
#include "engine/kv_cache.h"
#include "engine/model_runner.h"
#include "engine/policy.h"
#include "engine/scheduler.h"
#include "weights/model_config.h"

namespace gyre::engine {

// What has happened since the engine was made, and how things stand.
struct EngineCounters {
  uint64_t steps = 0;
  uint64_t rows = 0;                     // of all steps: tokens and prompt tokens computed
  uint64_t tokens_generated = 0;         // of samples, cancelled ones included
  uint64_t prefill_tokens_computed = 0;  // rows that drew nothing, …
  uint64_t recomputed_tokens = 0;        // … and of these, those of samples that were preempted
  uint64_t preemptions = 0;              // of samples
  uint64_t policies_installed = 0;
  int32_t sequences_running = 0;
  int32_t sequences_waiting = 0;  // samples that have not started, or were preempted
  int64_t kv_blocks = 0;
  int64_t kv_blocks_used = 0;
};

// Generation with continuous batching: requests come and go between steps, each step draws one
// token for every running sample. The tokens and log-probabilities of a sample are a pure function
// of (weights, prompt, sampling parameters, random_key, sample): not of what else is in the engine,
// in which order it came, or of these options.
//
// For one thread: the one that owns it. With `threads` above 1, others help it within a step.
class Engine {
 public:
  struct Options {
    weights::ModelConfig config;  // of every policy
    int32_t max_sequences = 256;  // that are decoded together
    int32_t rows_per_step = 0;    // 0: max_sequences + 256; otherwise above max_sequences
    int64_t kv_blocks = 0;  // kernels::kBlockTokens positions each; 0: max_sequences whole ones
    // For so many of them memory is taken at once; for others when they are first used, which
    // takes a moment of a step.
    int64_t kv_blocks_at_once = 0;
    int threads = 1;               // that compute a step, the caller included
    double kept_for_growth = 0.5;  // see Scheduler::Options
    bool measures_work = false;    // whether work_seconds() says anything
  };

  // Of the cache, for one sample as long as the model allows. The prompt's last block and the first
  // one of the response can lie in the same place, so it is one more than its positions fill.
  static int64_t BlocksOfLongest(const weights::ModelConfig& config);

  explicit Engine(const Options& options);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // From the next step on, requests without a pinned policy, those in flight too, run under this
  // one; what their sequences have in the cache stays. INVALID_ARGUMENT: another config.
  absl::Status InstallPolicy(std::shared_ptr<const Policy> policy);
  const Policy* current_policy() const { return current_.get(); }

  // Queues a request; its samples come out of later steps.
  //   INVALID_ARGUMENT     empty prompt, token out of range, no sample or response token wanted, a
  //                        prompt and response longer than max_positions, sampling parameters
  //                        that CheckSampling refuses, a pinned policy of another config, an id in
  //                        use
  //   RESOURCE_EXHAUSTED   one sample alone needs more than the whole cache
  //   FAILED_PRECONDITION  not pinned, and no policy is installed
  absl::Status Add(GenerationRequest request);

  // Forgets a request and frees what its samples hold; finished ones have come out already. False
  // if it is not held (any more).
  bool Cancel(uint64_t request_id);

  // Runs one step and appends the samples that ended with it, and to `tokens`, if it is not null,
  // each token that was drawn. False, having done nothing, if there is nothing to do. Blocks as
  // long as the step computes.
  bool Step(std::vector<FinishedSample>& finished, std::vector<NewToken>* tokens = nullptr);

  // Of each request that is held, into `progress`, in no order.
  void Progress(std::vector<RequestProgress>& progress) const { scheduler_.Progress(progress); }

  EngineCounters counters() const;
  // Where the time of all steps went; the rest of it is scheduling and copying.
  const model::WorkSeconds& work_seconds() const { return runner_.seconds(); }

 private:
  absl::Status Check(const GenerationRequest& request) const;

  const Options options_;
  KvCache cache_;
  Scheduler scheduler_;
  ModelRunner runner_;
  std::shared_ptr<const Policy> current_;
  EngineCounters counters_;
};

}  // namespace gyre::engine

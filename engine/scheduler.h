#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "engine/generation_request.h"
#include "engine/kv_cache.h"
#include "engine/sequence.h"
#include "engine/step_plan.h"
#include "kernels/kernel_table.h"

namespace gyre::engine {

// Decides which rows the next step computes. Samples are admitted first come, first served, each
// when there is a place among the running ones and room in the cache for the longest that it can
// become; a request may have more samples than there are places. Every running sequence has one row
// in every step; rows that are left under the budget prefill the prompts of admitted samples, in
// order of admission, cut anywhere. None of this changes a bit of any sample (see
// model/network.h). For one thread.
class Scheduler {
 public:
  struct Options {
    int32_t max_sequences = 0;  // that run together
    int32_t rows_per_step = 0;  // above max_sequences
  };

  Scheduler(const Options& options, KvCache& cache);
  ~Scheduler();

  // Blocks of the cache that a request needs at least to have one sample run.
  static int64_t BlocksNeeded(const GenerationRequest& request);

  // The request is sound and could run in an empty engine (Engine::Add has checked).
  void Add(GenerationRequest request);
  bool Holds(uint64_t request_id) const { return requests_.contains(request_id); }
  // False if the request is not held (any more).
  bool Cancel(uint64_t request_id);

  // The next step, all of whose rows without a pinned policy run under `current`. Valid until the
  // next call of any method. Empty when there is nothing to do.
  const StepPlan& Plan(const Policy* current);

  // Takes what the step drew, one token for each draw of the plan. Samples that ended are appended
  // to `finished`.
  void Complete(absl::Span<const kernels::SampledToken> drawn,
                std::vector<FinishedSample>& finished);

  int32_t running_sequences() const { return static_cast<int32_t>(running_.size()); }
  // Samples that have not started.
  int32_t waiting_sequences() const { return waiting_; }
  // Of all requests that are held, into `progress`.
  void Progress(std::vector<RequestProgress>& progress) const;

 private:
  static int64_t PromptBlocks(const GenerationRequest& request);
  static int64_t SampleBlocks(const GenerationRequest& request);

  void Admit();
  // Forks the admitted samples whose prompts are computed.
  void StartSamples();
  void Fork(ActiveRequest& request);
  // Those that some running sequence or prompt needs, into policies_.
  void ListPolicies(const Policy* current);
  void AddDecodeRows(const Policy* policy, const Policy* current);
  void AddPrefillRows(const Policy* policy, const Policy* current, int32_t& rows_left);
  static void Append(Sequence& sequence, const PolicyIdentity& policy,
                     const kernels::SampledToken& drawn);
  // FINISH_REASON_UNSPECIFIED: it goes on.
  static FinishReason EndOf(const Sequence& sequence);
  FinishedSample Finish(Sequence& sequence, FinishReason reason);
  void Free(Sequence& sequence);

  const Options options_;
  KvCache& cache_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<ActiveRequest>> requests_;
  std::deque<ActiveRequest*> queue_;        // with samples that are not admitted
  std::vector<ActiveRequest*> prefilling_;  // with admitted samples that have not forked
  std::vector<std::unique_ptr<Sequence>> running_;
  int32_t admitted_ = 0;  // samples: running, or waiting for their prompt
  int32_t waiting_ = 0;
  std::vector<const Policy*> policies_;  // of the plan
  StepPlan plan_;
};

}  // namespace gyre::engine

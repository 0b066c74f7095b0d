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
// when there is a place among the running ones and room in the cache; a request may have more
// samples than there are places. Every running sample draws in every step; rows that are left under
// the budget prefill the prompts of admitted samples, in order of admission, cut anywhere.
//
// Room is not held for the longest that samples may become. When a block is needed and none is
// free, the youngest of those that hold blocks gives up all of its own (is "preempted") and gets in
// again before any younger sample; what it had in the cache is then computed again. The eldest is
// never preempted, so it ends, and so does each after it. None of this changes a bit of any sample
// (see model/network.h). For one thread.
class Scheduler {
 public:
  struct Options {
    int32_t max_sequences = 0;  // that run together
    int32_t rows_per_step = 0;  // above max_sequences
    // A sample is admitted when so much of what the admitted ones may still come to take is free.
    // 1: nothing is ever preempted; 0: as long as the next tokens fit.
    double kept_for_growth = 0.5;
  };

  struct Counters {
    uint64_t prefilled = 0;    // positions computed without a draw, …
    uint64_t recomputed = 0;   // … of these, for samples that were preempted
    uint64_t preemptions = 0;  // of samples
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

  // Takes what the step of the last plan drew, one token for each draw. Samples that ended are
  // appended to `finished`, all tokens to `tokens` if it is not null.
  void Complete(absl::Span<const kernels::SampledToken> drawn,
                std::vector<FinishedSample>& finished, std::vector<NewToken>* tokens);

  // Samples that have started and are not preempted.
  int32_t running_sequences() const { return static_cast<int32_t>(running_.size()); }
  // Samples that have not started, or are preempted.
  int32_t waiting_sequences() const { return waiting_; }
  const Counters& counters() const { return counters_; }
  // Of all requests that are held, into `progress`.
  void Progress(std::vector<RequestProgress>& progress) const;

 private:
  // Blocks that somebody will take: with the next rows, and later at most.
  struct Claim {
    int64_t soon = 0;
    int64_t later = 0;

    Claim& operator+=(const Claim& other);
  };

  // ---- scheduler_room.cc: who gets blocks
  // ---------------------------------------------------------
  static int64_t PromptBlocks(const ActiveRequest& request);
  static Claim ClaimOf(const Sequence& sequence);
  static Claim ClaimOfNewSample(const GenerationRequest& request);
  // What is not yet computed of the prompt.
  static Claim ClaimOfPrompt(const ActiveRequest& request);
  Claim ClaimsOfAdmitted() const;
  bool Fits(const Claim& claim) const;

  void Admit();
  bool AdmitPreempted(Claim& claims);
  bool AdmitNew(Claim& claims);
  // Shares the prompt's full blocks of whoever has them as this sample had them, if anybody does.
  void BorrowPrompt(Sequence& sequence);
  // Whether a preempted sample of the request is computing the prompt again.
  bool PromptIsOnItsWay(const ActiveRequest& request) const;

  // Sees to it that a block is free for this one, by preempting younger ones. False: it was itself
  // the youngest, and is preempted.
  bool MakeRoom(const Seniority& needs);
  void Preempt(std::unique_ptr<Sequence> sequence);
  static void Insert(std::unique_ptr<Sequence> sequence,
                     std::vector<std::unique_ptr<Sequence>>& by_seniority);
  // Forgets a prompt that not all samples have forked; those that have not wait again.
  void DropPrompt(ActiveRequest& request);

  // ---- scheduler.cc: what is computed
  // ------------------------------------------------------------- Forks the admitted samples whose
  // prompts are computed.
  void StartSamples();
  bool Fork(ActiveRequest& request);
  // Decides how far each one's positions are computed by this step, and takes the blocks for it.
  void PlanPositions();
  // Those that some running sequence or prompt needs, into policies_.
  void ListPolicies(const Policy* current);
  void AddSequenceRows(const Policy* policy, const Policy* current);
  void AddPromptRows(const Policy* policy, const Policy* current);

  // ---- scheduler_tokens.cc: what comes of it
  // ------------------------------------------------------
  static void Append(Sequence& sequence, const PolicyIdentity& policy,
                     const kernels::SampledToken& drawn);
  // FINISH_REASON_UNSPECIFIED: it goes on.
  static FinishReason EndOf(const Sequence& sequence);
  FinishedSample Finish(Sequence& sequence, FinishReason reason);

  const Options options_;
  KvCache& cache_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<ActiveRequest>> requests_;
  // Each by seniority, the eldest first.
  std::deque<ActiveRequest*> queue_;                // with samples that are not admitted
  std::vector<ActiveRequest*> prefilling_;          // with admitted samples that have not forked
  std::vector<std::unique_ptr<Sequence>> running_;  // started; those on their way back, too
  std::vector<std::unique_ptr<Sequence>> preempted_;
  uint64_t next_order_ = 0;
  int32_t admitted_ = 0;  // samples: running, or waiting for their prompt
  int32_t waiting_ = 0;
  Counters counters_;
  std::vector<const Policy*> policies_;  // of the plan
  StepPlan plan_;
};

}  // namespace gyre::engine

#include "engine/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "kernels/kv_layout.h"

namespace gyre::engine {
namespace {

using kernels::kBlockTokens;

int64_t BlocksOf(int64_t positions) { return (positions + kBlockTokens - 1) / kBlockTokens; }

const Policy* PolicyOf(const ActiveRequest& request, const Policy* current) {
  const Policy* pinned = request.request.pinned_policy.get();
  return pinned == nullptr ? current : pinned;
}

}  // namespace

Scheduler::Scheduler(const Options& options, KvCache& cache) : options_(options), cache_(cache) {
  GYRE_CHECK(options.max_sequences > 0, "some sequence can run");
  GYRE_CHECK(options.rows_per_step > options.max_sequences, "there are rows left for prompts");
  running_.reserve(static_cast<size_t>(options.max_sequences));
  plan_.rows.reserve(static_cast<size_t>(options.rows_per_step));
}

Scheduler::~Scheduler() = default;

// The prompt's last token is in no shared block: each sample computes it.
int64_t Scheduler::PromptBlocks(const GenerationRequest& request) {
  return BlocksOf(static_cast<int64_t>(request.prompt.size()) - 1);
}

// Beyond the prompt's full blocks, which are shared. A sample's last token is never cached.
int64_t Scheduler::SampleBlocks(const GenerationRequest& request) {
  const int64_t prompt = static_cast<int64_t>(request.prompt.size());
  return BlocksOf(prompt + request.max_response_tokens - 1) - (prompt - 1) / kBlockTokens;
}

int64_t Scheduler::BlocksNeeded(const GenerationRequest& request) {
  return PromptBlocks(request) + SampleBlocks(request);
}

void Scheduler::Add(GenerationRequest request) {
  const uint64_t id = request.id;
  waiting_ += request.samples;
  auto active = std::make_unique<ActiveRequest>();
  active->request = std::move(request);
  queue_.push_back(active.get());
  requests_.emplace(id, std::move(active));
}

bool Scheduler::Cancel(uint64_t request_id) {
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return false;
  ActiveRequest* request = found->second.get();
  waiting_ -= request->request.samples - request->started_samples;
  const int32_t not_started = request->admitted_samples - request->started_samples;
  admitted_ -= not_started;
  cache_.ReturnReservation(request->reserved_blocks + not_started * SampleBlocks(request->request));
  std::erase(queue_, request);
  std::erase(prefilling_, request);
  std::erase_if(running_, [&](const std::unique_ptr<Sequence>& sequence) {
    if (sequence->request != request) return false;
    Free(*sequence);
    return true;
  });
  cache_.ReleaseAll(request->blocks);
  requests_.erase(found);
  return true;
}

void Scheduler::Progress(std::vector<RequestProgress>& progress) const {
  progress.clear();
  for (const auto& [id, request] : requests_) progress.push_back({id, request->tokens_made});
}

void Scheduler::Admit() {
  while (!queue_.empty() && admitted_ < options_.max_sequences) {
    ActiveRequest& request = *queue_.front();
    const bool first = request.admitted_samples == 0;
    const int64_t prompt_blocks = first ? PromptBlocks(request.request) : 0;
    if (!cache_.Reserve(prompt_blocks + SampleBlocks(request.request))) return;
    if (first) request.reserved_blocks = prompt_blocks;
    if (request.admitted_samples == request.started_samples) prefilling_.push_back(&request);
    ++admitted_;
    if (++request.admitted_samples == request.request.samples) queue_.pop_front();
  }
}

void Scheduler::StartSamples() {
  std::erase_if(prefilling_, [this](ActiveRequest* request) {
    if (!request->prefilled()) return false;
    while (request->started_samples < request->admitted_samples) Fork(*request);
    if (request->started_samples == request->request.samples) cache_.ReleaseAll(request->blocks);
    return true;
  });
}

void Scheduler::Fork(ActiveRequest& request) {
  auto sequence = std::make_unique<Sequence>(request, request.started_samples++);
  --waiting_;
  const GenerationRequest& wish = request.request;
  sequence->reserved_blocks = SampleBlocks(wish);
  sequence->position = request.prefill_tokens();
  sequence->next_token = wish.prompt.back();
  const auto response = static_cast<size_t>(wish.max_response_tokens);
  sequence->tokens.reserve(response);
  sequence->log_probs.reserve(response);
  sequence->blocks.reserve(
      static_cast<size_t>(BlocksOf(sequence->position + wish.max_response_tokens)));
  const int32_t full_blocks = sequence->position / kBlockTokens;
  for (size_t i = 0; i < request.blocks.size(); ++i) {
    float* block = request.blocks[i];
    if (static_cast<int32_t>(i) < full_blocks) {
      cache_.Share(block);
      sequence->blocks.push_back(block);
    } else {
      sequence->blocks.push_back(cache_.Copy(block));
    }
  }
  running_.push_back(std::move(sequence));
}

const StepPlan& Scheduler::Plan(const Policy* current) {
  plan_.Clear();
  Admit();
  StartSamples();
  ListPolicies(current);
  int32_t prefill_rows = options_.rows_per_step - static_cast<int32_t>(running_.size());
  for (const Policy* policy : policies_) {
    PlanPart part = {.policy = policy,
                     .first_row = static_cast<int32_t>(plan_.rows.size()),
                     .first_draw = static_cast<int32_t>(plan_.draws.size())};
    AddDecodeRows(policy, current);
    AddPrefillRows(policy, current, prefill_rows);
    part.num_rows = static_cast<int32_t>(plan_.rows.size()) - part.first_row;
    part.num_draws = static_cast<int32_t>(plan_.draws.size()) - part.first_draw;
    plan_.parts.push_back(part);
  }
  return plan_;
}

void Scheduler::ListPolicies(const Policy* current) {
  policies_.clear();
  const auto add = [&](const ActiveRequest& request) {
    const Policy* policy = PolicyOf(request, current);
    if (std::find(policies_.begin(), policies_.end(), policy) == policies_.end()) {
      policies_.push_back(policy);
    }
  };
  for (const auto& sequence : running_) add(*sequence->request);
  for (const ActiveRequest* request : prefilling_) add(*request);
}

void Scheduler::AddDecodeRows(const Policy* policy, const Policy* current) {
  for (size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    if (PolicyOf(*sequence.request, current) != policy) continue;
    if (sequence.position % kBlockTokens == 0) sequence.blocks.push_back(cache_.Allocate());
    plan_.draw_rows.push_back(static_cast<int32_t>(plan_.rows.size()));
    plan_.draws.push_back({.sequence = static_cast<int32_t>(i),
                           .temperature = sequence.wish().temperature,
                           .uniform = sequence.rng.Uniform(sequence.tokens.size())});
    plan_.rows.push_back({.token = sequence.next_token,
                          .position = sequence.position,
                          .blocks = sequence.blocks.data()});
  }
}

void Scheduler::AddPrefillRows(const Policy* policy, const Policy* current, int32_t& rows_left) {
  for (ActiveRequest* request : prefilling_) {
    if (PolicyOf(*request, current) != policy) continue;
    const int32_t until =
        request->cached + std::min(rows_left, request->prefill_tokens() - request->cached);
    rows_left -= until - request->cached;
    if (request->cached == 0 && until > 0) request->prompt_policy = policy->identity;
    // The rows point into the list of blocks, so it must not move while they are added.
    request->blocks.reserve(static_cast<size_t>(PromptBlocks(request->request)));
    for (int32_t& position = request->cached; position < until; ++position) {
      if (position % kBlockTokens == 0) request->blocks.push_back(cache_.Allocate());
      plan_.rows.push_back({.token = request->request.prompt[static_cast<size_t>(position)],
                            .position = position,
                            .blocks = request->blocks.data()});
    }
  }
}

void Scheduler::Complete(absl::Span<const kernels::SampledToken> drawn,
                         std::vector<FinishedSample>& finished) {
  GYRE_CHECK(drawn.size() == plan_.draws.size(), "one token for each draw");
  bool some_ended = false;
  for (const PlanPart& part : plan_.parts) {
    for (int32_t i = part.first_draw; i < part.first_draw + part.num_draws; ++i) {
      std::unique_ptr<Sequence>& sequence =
          running_[static_cast<size_t>(plan_.draws[static_cast<size_t>(i)].sequence)];
      Append(*sequence, part.policy->identity, drawn[static_cast<size_t>(i)]);
      const FinishReason reason = EndOf(*sequence);
      if (reason == FINISH_REASON_UNSPECIFIED) continue;
      finished.push_back(Finish(*sequence, reason));
      sequence.reset();
      some_ended = true;
    }
  }
  if (some_ended) std::erase(running_, nullptr);
  plan_.Clear();
}

void Scheduler::Append(Sequence& sequence, const PolicyIdentity& policy,
                       const kernels::SampledToken& drawn) {
  const ActiveRequest& request = *sequence.request;
  if (sequence.spans.empty() && request.prefill_tokens() > 0 && request.prompt_policy != policy) {
    // No token of the response, but the keys and values that it goes on from.
    sequence.spans.push_back({.policy = request.prompt_policy, .first_token = 0});
  }
  if (sequence.spans.empty() || sequence.spans.back().policy != policy) {
    sequence.spans.push_back(
        {.policy = policy, .first_token = static_cast<int32_t>(sequence.tokens.size())});
  }
  sequence.tokens.push_back(drawn.token);
  sequence.log_probs.push_back(drawn.logprob);
  sequence.next_token = drawn.token;
  ++sequence.position;
  ++sequence.request->tokens_made;
}

FinishReason Scheduler::EndOf(const Sequence& sequence) {
  const GenerationRequest& wish = sequence.wish();
  if (std::find(wish.eos_ids.begin(), wish.eos_ids.end(), sequence.next_token) !=
      wish.eos_ids.end()) {
    return STOP;
  }
  const bool full = static_cast<int32_t>(sequence.tokens.size()) == wish.max_response_tokens;
  return full ? LENGTH : FINISH_REASON_UNSPECIFIED;
}

FinishedSample Scheduler::Finish(Sequence& sequence, FinishReason reason) {
  Free(sequence);
  ActiveRequest& request = *sequence.request;
  FinishedSample sample = {.request_id = request.request.id,
                           .sample = sequence.sample,
                           .tokens = std::move(sequence.tokens),
                           .log_probs = std::move(sequence.log_probs),
                           .spans = std::move(sequence.spans),
                           .finish_reason = reason};
  if (++request.finished_samples == request.request.samples) {
    cache_.ReturnReservation(request.reserved_blocks);
    requests_.erase(sample.request_id);
  }
  return sample;
}

void Scheduler::Free(Sequence& sequence) {
  cache_.ReleaseAll(sequence.blocks);
  cache_.ReturnReservation(sequence.reserved_blocks);
  --admitted_;
}

}  // namespace gyre::engine

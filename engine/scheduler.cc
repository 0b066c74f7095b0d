#include "engine/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace gyre::engine {
namespace {

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

void Scheduler::Add(GenerationRequest request) {
  const uint64_t id = request.id;
  waiting_ += request.samples;
  auto active = std::make_unique<ActiveRequest>();
  active->request = std::move(request);
  active->order = next_order_++;
  queue_.push_back(active.get());
  requests_.emplace(id, std::move(active));
}

bool Scheduler::Cancel(uint64_t request_id) {
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return false;
  ActiveRequest* request = found->second.get();
  const auto is_of_request = [request](const std::unique_ptr<Sequence>& sequence) {
    return sequence->request == request;
  };
  waiting_ -= request->request.samples - request->started_samples;
  admitted_ -= request->admitted_samples - request->started_samples;
  std::erase(queue_, request);
  std::erase(prefilling_, request);
  for (const auto& sequence : running_)
    if (is_of_request(sequence)) cache_.ReleaseAll(sequence->blocks);
  admitted_ -= static_cast<int32_t>(std::erase_if(running_, is_of_request));
  waiting_ -= static_cast<int32_t>(std::erase_if(preempted_, is_of_request));
  cache_.ReleaseAll(request->blocks);
  requests_.erase(found);
  return true;
}

void Scheduler::Progress(std::vector<RequestProgress>& progress) const {
  progress.clear();
  for (const auto& [id, request] : requests_) progress.push_back({id, request->tokens_made});
}

void Scheduler::StartSamples() {
  for (size_t i = 0; i < prefilling_.size();) {
    ActiveRequest& request = *prefilling_[i];
    if (!request.prefilled()) {
      ++i;
      continue;
    }
    while (request.started_samples < request.admitted_samples)
      if (!Fork(request)) return;  // there is no room, and all that is younger is gone
    if (request.started_samples == request.request.samples) cache_.ReleaseAll(request.blocks);
    prefilling_.erase(prefilling_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool Scheduler::Fork(ActiveRequest& request) {
  const auto full_blocks = static_cast<size_t>(request.prefill_tokens() / kernels::kBlockTokens);
  if (request.blocks.size() > full_blocks && !MakeRoom(request.seniority())) return false;
  auto sequence = std::make_unique<Sequence>(request, request.started_samples++);
  --waiting_;
  sequence->cached = request.prefill_tokens();
  sequence->context_policy = request.prompt_policy;
  const auto response = static_cast<size_t>(request.request.max_response_tokens);
  sequence->tokens.reserve(response);
  sequence->log_probs.reserve(response);
  sequence->plain_log_probs.reserve(response);
  for (size_t i = 0; i < request.blocks.size(); ++i) {
    float* block = request.blocks[i];
    if (i < full_blocks) {
      cache_.Share(block);
      sequence->blocks.push_back(block);
    } else {
      sequence->blocks.push_back(cache_.Copy(block));
    }
  }
  Insert(std::move(sequence), running_);
  return true;
}

const StepPlan& Scheduler::Plan(const Policy* current) {
  plan_.Clear();
  Admit();
  StartSamples();
  PlanPositions();
  ListPolicies(current);
  for (const Policy* policy : policies_) {
    PlanPart part = {.policy = policy,
                     .first_row = static_cast<int32_t>(plan_.rows.size()),
                     .first_draw = static_cast<int32_t>(plan_.draws.size())};
    AddSequenceRows(policy, current);
    AddPromptRows(policy, current);
    part.num_rows = static_cast<int32_t>(plan_.rows.size()) - part.first_row;
    part.num_draws = static_cast<int32_t>(plan_.draws.size()) - part.first_draw;
    plan_.parts.push_back(part);
  }
  return plan_;
}

void Scheduler::PlanPositions() {
  int32_t rows_left = options_.rows_per_step - static_cast<int32_t>(running_.size());
  const auto rows_for = [&rows_left](int32_t wanted) {
    const int32_t rows = std::min(rows_left, wanted);
    rows_left -= rows;
    return rows;
  };
  for (size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    sequence.planned = sequence.cached + rows_for(sequence.position() - sequence.cached);
    const bool draws = sequence.planned == sequence.position();
    const int64_t blocks = kernels::BlocksOf(sequence.planned + (draws ? 1 : 0));
    while (static_cast<int64_t>(sequence.blocks.size()) < blocks) {
      if (!MakeRoom(sequence.seniority())) break;  // it is gone; it was the last
      sequence.blocks.push_back(cache_.Allocate());
    }
  }
  for (size_t i = 0; i < prefilling_.size(); ++i) {
    ActiveRequest& request = *prefilling_[i];
    request.planned = request.cached + rows_for(request.prefill_tokens() - request.cached);
    while (static_cast<int64_t>(request.blocks.size()) < kernels::BlocksOf(request.planned)) {
      if (!MakeRoom(request.seniority())) break;
      request.blocks.push_back(cache_.Allocate());
    }
  }
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

void Scheduler::AddSequenceRows(const Policy* policy, const Policy* current) {
  for (size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    if (PolicyOf(*sequence.request, current) != policy) continue;
    const auto add_row = [&](int32_t position) {
      plan_.rows.push_back({.token = sequence.TokenAt(position),
                            .position = position,
                            .blocks = sequence.blocks.data()});
    };
    if (sequence.cached == 0 && sequence.planned > 0) sequence.context_policy = policy->identity;
    counters_.prefilled += static_cast<uint64_t>(sequence.planned - sequence.cached);
    counters_.recomputed += static_cast<uint64_t>(sequence.planned - sequence.cached);
    for (int32_t at = sequence.cached; at < sequence.planned; ++at) add_row(at);
    if (sequence.planned < sequence.position()) continue;
    plan_.draw_rows.push_back(static_cast<int32_t>(plan_.rows.size()));
    plan_.draws.push_back({.sequence = static_cast<int32_t>(i),
                           .sampling = sequence.wish().sampling,
                           .uniform = sequence.rng.Uniform(sequence.tokens.size())});
    add_row(sequence.position());
  }
}

void Scheduler::AddPromptRows(const Policy* policy, const Policy* current) {
  for (ActiveRequest* request : prefilling_) {
    if (PolicyOf(*request, current) != policy) continue;
    if (request->cached == 0 && request->planned > 0) request->prompt_policy = policy->identity;
    counters_.prefilled += static_cast<uint64_t>(request->planned - request->cached);
    for (int32_t at = request->cached; at < request->planned; ++at) {
      plan_.rows.push_back({.token = request->request.prompt[static_cast<size_t>(at)],
                            .position = at,
                            .blocks = request->blocks.data()});
    }
  }
}

}  // namespace gyre::engine

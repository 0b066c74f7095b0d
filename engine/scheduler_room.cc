// The part of Scheduler that says who has blocks of the cache.
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/scheduler.h"

namespace gyre::engine {
namespace {

// Of the prompt, those that samples share: the rest of it stands in a block that each goes on in.
int64_t FullPromptBlocks(const ActiveRequest& request) {
  return request.prefill_tokens() / kernels::kBlockTokens;
}

// The most that a sample may ever fill. Its last token is never cached.
int64_t MostBlocks(const GenerationRequest& request) {
  return kernels::BlocksOf(static_cast<int64_t>(request.prompt.size()) +
                           request.max_response_tokens - 1);
}

// Beyond the prompt's full blocks.
int64_t MostOwnBlocks(const GenerationRequest& request) {
  return MostBlocks(request) -
         (static_cast<int64_t>(request.prompt.size()) - 1) / kernels::kBlockTokens;
}

}  // namespace

Scheduler::Claim& Scheduler::Claim::operator+=(const Claim& other) {
  soon += other.soon;
  later += other.later;
  return *this;
}

int64_t Scheduler::BlocksNeeded(const GenerationRequest& request) {
  return kernels::BlocksOf(static_cast<int64_t>(request.prompt.size()) - 1) +
         MostOwnBlocks(request);
}

Scheduler::Claim Scheduler::ClaimOf(const Sequence& sequence) {
  const auto held = static_cast<int64_t>(sequence.blocks.size());
  const int64_t next = std::max(held, kernels::BlocksOf(sequence.position() + 1));
  return {.soon = next - held, .later = MostBlocks(sequence.wish()) - next};
}

Scheduler::Claim Scheduler::ClaimOfNewSample(const GenerationRequest& request) {
  return {.soon = 1, .later = MostOwnBlocks(request) - 1};
}

Scheduler::Claim Scheduler::ClaimOfPrompt(const ActiveRequest& request) {
  return {.soon = kernels::BlocksOf(request.prefill_tokens()) -
                  static_cast<int64_t>(request.blocks.size())};
}

Scheduler::Claim Scheduler::ClaimsOfAdmitted() const {
  Claim claims;
  for (const auto& sequence : running_) claims += ClaimOf(*sequence);
  for (const ActiveRequest* request : prefilling_) {
    claims += ClaimOfPrompt(*request);
    const Claim sample = ClaimOfNewSample(request->request);
    const int64_t samples = request->admitted_samples - request->started_samples;
    claims += {.soon = samples * sample.soon, .later = samples * sample.later};
  }
  return claims;
}

bool Scheduler::Fits(const Claim& claims) const {
  if (admitted_ == 0) return true;  // whoever is alone has the whole cache
  const double growth = options_.kept_for_growth * static_cast<double>(claims.later);
  return claims.soon + static_cast<int64_t>(std::ceil(growth)) <= cache_.free_blocks();
}

void Scheduler::Admit() {
  if (preempted_.empty() && queue_.empty()) return;
  Claim claims = ClaimsOfAdmitted();
  while (admitted_ < options_.max_sequences) {
    if (!preempted_.empty()) {
      if (!AdmitPreempted(claims)) return;
    } else if (queue_.empty() || !AdmitNew(claims)) {
      return;
    }
  }
}

bool Scheduler::AdmitPreempted(Claim& claims) {
  Sequence& sequence = *preempted_.front();
  BorrowPrompt(sequence);
  // Samples of one request do not all compute its prompt again: the first lends it to the others.
  bool fits = !sequence.blocks.empty() || !PromptIsOnItsWay(*sequence.request);
  Claim with = claims;
  with += ClaimOf(sequence);
  fits = fits && Fits(with);
  if (!fits) {
    cache_.ReleaseAll(sequence.blocks);
    sequence.cached = 0;
    return false;
  }
  claims = with;
  ++admitted_;
  --waiting_;
  Insert(std::move(preempted_.front()), running_);
  preempted_.erase(preempted_.begin());
  return true;
}

bool Scheduler::AdmitNew(Claim& claims) {
  ActiveRequest& request = *queue_.front();
  const bool is_prefilling = request.admitted_samples > request.started_samples;
  Claim with = claims;
  if (!is_prefilling) with += ClaimOfPrompt(request);
  with += ClaimOfNewSample(request.request);
  if (!Fits(with)) return false;
  claims = with;
  if (!is_prefilling) prefilling_.push_back(&request);
  ++admitted_;
  if (++request.admitted_samples == request.request.samples) queue_.pop_front();
  return true;
}

void Scheduler::BorrowPrompt(Sequence& sequence) {
  const ActiveRequest& request = *sequence.request;
  const auto full_blocks = static_cast<size_t>(FullPromptBlocks(request));
  const auto full_positions = static_cast<int32_t>(full_blocks) * kernels::kBlockTokens;
  const auto share = [&](const std::vector<float*>& blocks) {
    for (size_t i = 0; i < full_blocks; ++i) {
      cache_.Share(blocks[i]);
      sequence.blocks.push_back(blocks[i]);
    }
    sequence.cached = full_positions;
  };
  if (request.cached >= full_positions && request.blocks.size() >= full_blocks &&
      request.prompt_policy == sequence.context_policy) {
    return share(request.blocks);
  }
  for (const auto& other : running_) {
    if (other->request == &request && other->cached >= full_positions &&
        other->context_policy == sequence.context_policy) {
      return share(other->blocks);
    }
  }
}

bool Scheduler::PromptIsOnItsWay(const ActiveRequest& request) const {
  const int64_t full_positions = FullPromptBlocks(request) * kernels::kBlockTokens;
  return std::any_of(running_.begin(), running_.end(), [&](const auto& other) {
    return other->request == &request && other->cached < full_positions;
  });
}

bool Scheduler::MakeRoom(const Seniority& needs) {
  while (cache_.free_blocks() == 0) {
    ActiveRequest* prompt = prefilling_.empty() ? nullptr : prefilling_.back();
    if (!queue_.empty() && !queue_.front()->blocks.empty()) prompt = queue_.front();
    Seniority youngest;
    if (prompt != nullptr &&
        (running_.empty() || prompt->seniority() > running_.back()->seniority())) {
      youngest = prompt->seniority();
      DropPrompt(*prompt);
    } else {
      youngest = running_.back()->seniority();
      Preempt(std::move(running_.back()));
      running_.pop_back();
    }
    if (youngest == needs) return false;
  }
  return true;
}

void Scheduler::Preempt(std::unique_ptr<Sequence> sequence) {
  cache_.ReleaseAll(sequence->blocks);
  sequence->cached = 0;
  sequence->planned = 0;
  --admitted_;
  ++waiting_;
  ++counters_.preemptions;
  Insert(std::move(sequence), preempted_);
}

void Scheduler::DropPrompt(ActiveRequest& request) {
  cache_.ReleaseAll(request.blocks);
  request.cached = 0;
  request.planned = 0;
  std::erase(prefilling_, &request);
  admitted_ -= request.admitted_samples - request.started_samples;
  if (request.admitted_samples == request.request.samples) queue_.push_front(&request);
  request.admitted_samples = request.started_samples;
}

void Scheduler::Insert(std::unique_ptr<Sequence> sequence,
                       std::vector<std::unique_ptr<Sequence>>& by_seniority) {
  const auto at =
      std::upper_bound(by_seniority.begin(), by_seniority.end(), sequence->seniority(),
                       [](const Seniority& seniority, const std::unique_ptr<Sequence>& other) {
                         return seniority < other->seniority();
                       });
  by_seniority.insert(at, std::move(sequence));
}

}  // namespace gyre::engine

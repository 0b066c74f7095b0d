#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/counter_rng.h"
#include "engine/generation_request.h"

namespace gyre::engine {

// Who goes first when there is not room for all: the sample that came first. The order of requests,
// then that of samples.
struct Seniority {
  uint64_t order = 0;
  int32_t sample = 0;

  auto operator<=>(const Seniority&) const = default;
};

// A request in the scheduler. All tokens of its prompt but the last are computed once
// ("prefilled"); each sample starts from a fork of that and computes the last one itself, as its
// first row.
struct ActiveRequest {
  GenerationRequest request;
  uint64_t order = 0;            // of arrival
  std::vector<float*> blocks;    // of the prompt; empty once all samples have forked
  int32_t cached = 0;            // positions of the prompt that are computed
  int32_t planned = 0;           // those that will be after the step
  PolicyIdentity prompt_policy;  // under which the first of them was
  int32_t admitted_samples = 0;  // so many may start
  int32_t started_samples = 0;   // of these, so many have forked
  int32_t finished_samples = 0;
  uint64_t tokens_made = 0;

  int32_t prefill_tokens() const { return static_cast<int32_t>(request.prompt.size()) - 1; }
  bool prefilled() const { return cached == prefill_tokens(); }
  // Of the sample that starts next.
  Seniority seniority() const { return {order, started_samples}; }
};

// One sample that has started. It draws a token in each step in which all positions before its next
// row are in the cache; after it was preempted none is, and they are computed again.
struct Sequence {
  Sequence(ActiveRequest& of, int32_t sample_index)
      : request(&of), sample(sample_index), rng({of.request.random_key, sample_index}) {}

  ActiveRequest* request;
  int32_t sample;
  base::CounterRng rng;
  std::vector<float*> blocks;
  int32_t cached = 0;             // positions that are in the blocks
  int32_t planned = 0;            // as in ActiveRequest; not counting a row that draws
  PolicyIdentity context_policy;  // under which the first of them was computed
  std::vector<int32_t> tokens;
  std::vector<float> log_probs;
  std::vector<float> plain_log_probs;
  std::vector<SpanStart> spans;

  const GenerationRequest& wish() const { return request->request; }
  Seniority seniority() const { return {request->order, sample}; }
  // Of the row that draws the next token.
  int32_t position() const {
    return request->prefill_tokens() + static_cast<int32_t>(tokens.size());
  }
  int32_t TokenAt(int32_t at) const {
    const auto prompt = static_cast<int32_t>(wish().prompt.size());
    return at < prompt ? wish().prompt[static_cast<size_t>(at)]
                       : tokens[static_cast<size_t>(at - prompt)];
  }
};

}  // namespace gyre::engine

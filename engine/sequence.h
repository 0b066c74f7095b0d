#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/counter_rng.h"
#include "engine/generation_request.h"

namespace gyre::engine {

// A request in the scheduler. All tokens of its prompt but the last are computed once
// ("prefilled"); each sample starts from a fork of that and computes the last one itself, as its
// first row.
struct ActiveRequest {
  GenerationRequest request;
  std::vector<float*> blocks;    // of the prompt; empty once all samples have forked
  int32_t cached = 0;            // positions of the prompt that are computed
  PolicyIdentity prompt_policy;  // under which the first of them was
  int32_t admitted_samples = 0;  // so many may start: their room is reserved
  int32_t started_samples = 0;   // of these, so many have forked
  int32_t finished_samples = 0;
  int64_t reserved_blocks = 0;  // for the prompt
  uint64_t tokens_made = 0;

  int32_t prefill_tokens() const { return static_cast<int32_t>(request.prompt.size()) - 1; }
  bool prefilled() const { return cached == prefill_tokens(); }
};

// One sample that is decoded: one row a step.
struct Sequence {
  Sequence(ActiveRequest& of, int32_t sample_index)
      : request(&of), sample(sample_index), rng({of.request.random_key, sample_index}) {}

  ActiveRequest* request;
  int32_t sample;
  base::CounterRng rng;
  std::vector<float*> blocks;
  int64_t reserved_blocks = 0;
  int32_t position = 0;  // of next_token
  int32_t next_token = 0;
  std::vector<int32_t> tokens;
  std::vector<float> log_probs;
  std::vector<SpanStart> spans;

  const GenerationRequest& wish() const { return request->request; }
};

}  // namespace gyre::engine

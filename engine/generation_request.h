#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/policy.h"
#include "engine/sampling.h"
#include "engine/stop_condition.h"
#include "proto/group.pb.h"

namespace gyre::engine {

// One prompt and how to continue it, `samples` times.
struct GenerationRequest {
  uint64_t id = 0;  // unique among the requests that the engine holds
  // Draws of sample s: CounterRng({random_key, s}) at the token's index in the response. Whoever
  // needs the same tokens again gives the same key, prompt, sampling and weights; nothing else
  // matters.
  uint64_t random_key = 0;
  std::vector<int32_t> prompt;
  int32_t samples = 1;
  int32_t max_response_tokens = 0;
  Sampling sampling;
  std::vector<int32_t> eos_ids;               // end a sample, as its last token
  std::shared_ptr<const StopCondition> stop;  // or null
  // Null: the engine's current policy, and whatever it is swapped for later. Otherwise all tokens
  // are drawn under this one.
  std::shared_ptr<const Policy> pinned_policy;
};

// From token number `first_token` of a response on, tokens were drawn under `policy`. A span
// without a token, at the start: the prompt was computed under that policy, and no token drawn.
struct SpanStart {
  PolicyIdentity policy;
  int32_t first_token = 0;
};

struct RequestProgress {
  uint64_t request_id = 0;
  uint64_t tokens = 0;  // of all its samples so far
};

// A token as it is drawn.
struct NewToken {
  uint64_t request_id = 0;
  int32_t sample = 0;
  int32_t token = 0;
};

struct FinishedSample {
  uint64_t request_id = 0;
  int32_t sample = 0;
  std::vector<int32_t> tokens;
  std::vector<float> log_probs;        // one a token, under the distribution that it was drawn from
  std::vector<float> plain_log_probs;  // at temperature 1, over the whole vocabulary
  std::vector<SpanStart> spans;        // the first one starts at token 0
  FinishReason finish_reason = FINISH_REASON_UNSPECIFIED;
};

}  // namespace gyre::engine

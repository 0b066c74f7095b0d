// The part of Scheduler that takes what a step has drawn.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/scheduler.h"

namespace gyre::engine {

void Scheduler::Complete(absl::Span<const kernels::SampledToken> drawn,
                         std::vector<FinishedSample>& finished, std::vector<NewToken>* tokens) {
  GYRE_CHECK(drawn.size() == plan_.draws.size(), "one token for each draw");
  for (ActiveRequest* request : prefilling_) request->cached = request->planned;
  for (const auto& sequence : running_) sequence->cached = sequence->planned;
  bool some_ended = false;
  for (const PlanPart& part : plan_.parts) {
    for (int32_t i = part.first_draw; i < part.first_draw + part.num_draws; ++i) {
      std::unique_ptr<Sequence>& sequence =
          running_[static_cast<size_t>(plan_.draws[static_cast<size_t>(i)].sequence)];
      const kernels::SampledToken& token = drawn[static_cast<size_t>(i)];
      Append(*sequence, part.policy->identity, token);
      if (tokens != nullptr) {
        tokens->push_back({sequence->wish().id, sequence->sample, token.token});
      }
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
  ActiveRequest& request = *sequence.request;
  if (sequence.spans.empty() && request.prefill_tokens() > 0 && sequence.context_policy != policy) {
    // No token of the response, but the keys and values that it goes on from.
    sequence.spans.push_back({.policy = sequence.context_policy, .first_token = 0});
  }
  if (sequence.spans.empty() || sequence.spans.back().policy != policy) {
    sequence.spans.push_back(
        {.policy = policy, .first_token = static_cast<int32_t>(sequence.tokens.size())});
  }
  sequence.cached = sequence.position() + 1;
  sequence.tokens.push_back(drawn.token);
  sequence.log_probs.push_back(drawn.logprob);
  sequence.plain_log_probs.push_back(drawn.plain_logprob);
  ++request.tokens_made;
}

FinishReason Scheduler::EndOf(const Sequence& sequence) {
  const GenerationRequest& wish = sequence.wish();
  if (std::find(wish.eos_ids.begin(), wish.eos_ids.end(), sequence.tokens.back()) !=
      wish.eos_ids.end()) {
    return STOP;
  }
  if (wish.stop != nullptr && wish.stop->Ends(sequence.tokens)) return STOP;
  const bool full = static_cast<int32_t>(sequence.tokens.size()) == wish.max_response_tokens;
  return full ? LENGTH : FINISH_REASON_UNSPECIFIED;
}

FinishedSample Scheduler::Finish(Sequence& sequence, FinishReason reason) {
  cache_.ReleaseAll(sequence.blocks);
  --admitted_;
  ActiveRequest& request = *sequence.request;
  FinishedSample sample = {.request_id = request.request.id,
                           .sample = sequence.sample,
                           .tokens = std::move(sequence.tokens),
                           .log_probs = std::move(sequence.log_probs),
                           .plain_log_probs = std::move(sequence.plain_log_probs),
                           .spans = std::move(sequence.spans),
                           .finish_reason = reason};
  if (++request.finished_samples == request.request.samples) requests_.erase(sample.request_id);
  return sample;
}

}  // namespace gyre::engine

#include "actor/sample_message.h"

namespace gyre::actor {

Sample ToSample(const engine::FinishedSample& finished) {
  Sample sample;
  sample.set_index(static_cast<uint32_t>(finished.sample));
  sample.set_finish_reason(finished.finish_reason);
  for (size_t i = 0; i < finished.spans.size(); ++i) {
    const auto first = finished.spans[i].first_token;
    const auto end = i + 1 < finished.spans.size() ? finished.spans[i + 1].first_token
                                                   : static_cast<int32_t>(finished.tokens.size());
    Span& span = *sample.add_spans();
    span.set_origin(Span::POLICY);
    *span.mutable_policy() = engine::ToProto(finished.spans[i].policy);
    span.mutable_token_ids()->Add(finished.tokens.begin() + first, finished.tokens.begin() + end);
    span.mutable_log_probs()->Add(finished.log_probs.begin() + first,
                                  finished.log_probs.begin() + end);
  }
  return sample;
}

std::vector<int32_t> TokensOf(const Sample& sample) {
  std::vector<int32_t> tokens;
  for (const Span& span : sample.spans()) {
    tokens.insert(tokens.end(), span.token_ids().begin(), span.token_ids().end());
  }
  return tokens;
}

}  // namespace gyre::actor

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/group_key.h"
#include "proto/group.pb.h"

namespace gyre::coordinator {

inline PolicyKey PolicyNamed(int64_t version, char letter = 'p') {
  return {.version = version, .root_digest = std::string(32, letter)};
}

// A sample of so many tokens; without a value its accuracy is an error.
inline Sample MakeSample(uint32_t index, uint32_t tokens, std::optional<double> accuracy,
                         const PolicyKey& policy = PolicyNamed(0), const std::string& answer = "") {
  Sample sample;
  sample.set_index(index);
  sample.set_finish_reason(STOP);
  Span& span = *sample.add_spans();
  span.set_origin(Span::POLICY);
  *span.mutable_policy() = ToProto(policy);
  for (uint32_t i = 0; i < tokens; ++i) {
    span.add_token_ids(static_cast<int32_t>(i));
    span.add_log_probs(-1);
  }
  ComponentOutcome& outcome = *sample.mutable_outcome()->add_components();
  outcome.set_component("accuracy");
  outcome.set_answer(answer);
  if (accuracy.has_value()) {
    outcome.set_value(*accuracy);
  } else {
    outcome.set_error(SCORE_ERROR_TIMEOUT);
  }
  return sample;
}

inline Group MakeGroup(const GroupKey& key, const std::vector<Sample>& samples,
                       uint32_t max_response_tokens = 16) {
  Group group;
  *group.mutable_id() = ToProto(key);
  group.mutable_sampling()->set_samples(static_cast<uint32_t>(samples.size()));
  group.mutable_sampling()->set_max_response_tokens(max_response_tokens);
  group.mutable_sampling()->set_temperature(1);
  group.add_prompt_token_ids(1);
  for (const Sample& sample : samples) *group.add_samples() = sample;
  return group;
}

}  // namespace gyre::coordinator

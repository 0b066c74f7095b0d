#include "coordinator/check_group.h"

#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::coordinator {
namespace {

constexpr size_t kDigestBytes = 32;
// A log-probability is at most 0 but for rounding.
constexpr float kLogProbSlack = 1e-3f;

absl::Status CheckSpan(const Span& span) {
  if (span.origin() == Span::ENVIRONMENT) {
    return span.log_probs_size() == 0
               ? absl::OkStatus()
               : absl::InvalidArgumentError("an ENVIRONMENT span has log-probs");
  }
  if (span.origin() != Span::POLICY) return absl::InvalidArgumentError("a span has no origin");
  if (span.policy().root_digest().size() != kDigestBytes) {
    return absl::InvalidArgumentError("a POLICY span names no policy");
  }
  if (span.log_probs_size() != span.token_ids_size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a span has ", span.token_ids_size(), " tokens and ", span.log_probs_size(), " log-probs"));
  }
  for (const float log_prob : span.log_probs()) {
    if (!std::isfinite(log_prob) || log_prob > kLogProbSlack) {
      return absl::InvalidArgumentError(absl::StrCat(log_prob, " is no log-prob"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOutcome(const Outcome& outcome, const std::vector<std::string>& components) {
  if (static_cast<size_t>(outcome.components_size()) != components.size()) {
    return absl::InvalidArgumentError(absl::StrCat("its outcome has ", outcome.components_size(),
                                                   " of ", components.size(), " components"));
  }
  for (size_t i = 0; i < components.size(); ++i) {
    const ComponentOutcome& each = outcome.components(static_cast<int>(i));
    if (each.component() != components[i]) {
      return absl::InvalidArgumentError(absl::StrCat("its outcome has component \"",
                                                     each.component(), "\" in place of \"",
                                                     components[i], "\""));
    }
    const bool valued = each.has_value() && std::isfinite(each.value());
    const bool failed = each.has_error() && each.error() != SCORE_ERROR_UNSPECIFIED;
    if (!valued && !failed) {
      return absl::InvalidArgumentError(
          absl::StrCat("component \"", each.component(), "\" has neither a value nor an error"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSample(const Sample& sample, uint32_t max_tokens,
                         const std::vector<std::string>& components) {
  if (sample.finish_reason() != STOP && sample.finish_reason() != LENGTH) {
    return absl::InvalidArgumentError("it has no finish reason");
  }
  uint64_t policy_tokens = 0;
  for (const Span& span : sample.spans()) {
    GYRE_RETURN_IF_ERROR(CheckSpan(span));
    if (span.origin() == Span::POLICY) policy_tokens += span.token_ids_size();
  }
  if (policy_tokens == 0 || policy_tokens > max_tokens) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has ", policy_tokens, " tokens, 1 to ", max_tokens, " are allowed"));
  }
  return CheckOutcome(sample.outcome(), components);
}

}  // namespace

absl::Status CheckGroup(const Group& group, const std::vector<std::string>& components) {
  const std::string name = Describe(KeyOf(group.id()));
  if (group.samples_size() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(name, " has no samples"));
  }
  if (static_cast<uint32_t>(group.samples_size()) != group.sampling().samples()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", group.samples_size(), " of ",
                                                   group.sampling().samples(),
                                                   " samples were handed in"));
  }
  if (group.prompt_token_ids_size() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": the prompt has no tokens"));
  }
  for (int i = 0; i < group.samples_size(); ++i) {
    const Sample& sample = group.samples(i);
    absl::Status checked =
        sample.index() == static_cast<uint32_t>(i)
            ? CheckSample(sample, group.sampling().max_response_tokens(), components)
            : absl::InvalidArgumentError(absl::StrCat("it has index ", sample.index()));
    if (!checked.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": sample ", i, ": ", checked.message()));
    }
  }
  return absl::OkStatus();
}

std::vector<PolicyKey> PoliciesOf(const Group& group) {
  std::set<PolicyKey> policies;
  for (const Sample& sample : group.samples()) {
    for (const Span& span : sample.spans()) {
      if (span.origin() == Span::POLICY) policies.insert(KeyOf(span.policy()));
    }
  }
  return {policies.begin(), policies.end()};
}

}  // namespace gyre::coordinator

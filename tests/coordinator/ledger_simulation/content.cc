#include "tests/coordinator/ledger_simulation/content.h"

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "base/digest.h"

namespace gyre::coordinator::simulation {

std::string HashOf(const std::string& text) { return std::string(base::Sha256::Of(text).bytes()); }

std::string ContentOf(const GroupKey& group, const std::vector<PolicyKey>& policies) {
  std::string content = Describe(group);
  for (const PolicyKey& policy : policies) {
    absl::StrAppend(&content, " ", policy.version, " ", policy.root_digest);
  }
  return content;
}

GroupNumbers NumbersOf(const RandomRun& run, const GroupKey& group, uint32_t samples) {
  const base::CounterRng rng(
      {run.seed, group.stage, group.purpose, group.slot, group.attempt, "outcomes"});
  GroupNumbers numbers;
  numbers.set_samples(samples);
  uint32_t scored = 0;
  for (uint32_t i = 0; i < samples; ++i) scored += rng.Uniform(i) >= run.unscored;
  numbers.set_scored_samples(scored);
  numbers.set_zero_variance(rng.Uniform(samples) < run.zero_variance);
  numbers.set_policy_tokens(10 * samples);
  numbers.set_train_tokens(numbers.zero_variance() ? 0 : 10 * scored);
  return numbers;
}

}  // namespace gyre::coordinator::simulation

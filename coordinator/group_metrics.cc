#include "coordinator/group_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

namespace gyre::coordinator {
namespace {

// A mean over nothing is no number, and must not read as 0.
double Ratio(double part, double whole) {
  return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}

// Sums over groups.
struct Sums {
  explicit Sums(const std::vector<const GroupNumbers*>& groups) {
    for (const GroupNumbers* group : groups) Add(*group);
  }

  void Add(const GroupNumbers& group) {
    samples += group.samples();
    scored += group.scored_samples();
    zero_variance += group.zero_variance();
    totals += group.total_sum();
    total_squares += group.total_square_sum();
    tokens += group.response_tokens();
    policy_tokens += group.policy_tokens();
    tokens_max = std::max(tokens_max, group.response_tokens_max());
    finished += group.finished_samples();
    finished_tokens += group.finished_response_tokens();
    truncated += group.truncated_samples();
    solved += group.solved();
    majority_solved += group.majority_solved();
    // A number: the coordinator refuses a group whose header has none.
    probe_difference = std::max<double>(probe_difference, group.probe_difference());
    for (const auto& [name, component] : group.components()) {
      values[name].first += component.values();
      values[name].second += component.sum();
    }
    for (const auto& [name, count] : group.errors()) errors[name] += count;
  }

  double Mean(const std::string& component) const {
    const auto found = values.find(component);
    return found == values.end() ? Ratio(0, 0) : Ratio(found->second.second, found->second.first);
  }
  uint64_t Values(const std::string& component) const {
    const auto found = values.find(component);
    return found == values.end() ? 0 : found->second.first;
  }

  uint64_t samples = 0, scored = 0, zero_variance = 0, tokens = 0, policy_tokens = 0;
  uint64_t tokens_max = 0, finished = 0, finished_tokens = 0, truncated = 0;
  uint64_t solved = 0, majority_solved = 0;
  double totals = 0, total_squares = 0, probe_difference = 0;
  std::map<std::string, std::pair<uint64_t, double>> values;
  std::map<std::string, uint64_t> errors;
};

}  // namespace

void AddGroupMetrics(const std::vector<const GroupNumbers*>& groups, StepMetrics& metrics) {
  const Sums sums(groups);
  const double mean = Ratio(sums.totals, sums.scored);
  metrics.set_reward_mean(mean);
  // Rounding may take it a little below 0; std::max(NaN, 0) is NaN, in this order.
  const double variance = Ratio(sums.total_squares, sums.scored) - mean * mean;
  metrics.set_reward_std(std::sqrt(std::max(variance, 0.0)));
  for (const auto& [name, value] : sums.values) {
    (*metrics.mutable_reward())[name] = sums.Mean(name);
  }
  metrics.set_accuracy(sums.Mean("accuracy"));
  metrics.set_response_tokens_mean(Ratio(sums.tokens, sums.samples));
  metrics.set_finished_response_tokens_mean(Ratio(sums.finished_tokens, sums.finished));
  metrics.set_response_tokens_max(sums.tokens_max);
  metrics.set_truncated_fraction(Ratio(sums.truncated, sums.samples));
  metrics.set_zero_variance_groups_fraction(Ratio(sums.zero_variance, groups.size()));
  for (const auto& [name, count] : sums.errors) (*metrics.mutable_outcome_errors())[name] = count;
  metrics.set_samples(sums.samples);
  metrics.set_unscored_samples(sums.samples - sums.scored);
  metrics.set_groups(groups.size());
  metrics.set_tokens_generated(sums.policy_tokens);
  metrics.set_probe_difference_max(sums.probe_difference);
}

EvalResult EvaluateGroups(const std::vector<const GroupNumbers*>& groups) {
  const Sums sums(groups);
  const size_t judged = sums.Values("accuracy") > 0 ? groups.size() : 0;
  EvalResult result;
  result.set_problems(groups.size());
  result.set_accuracy(sums.Mean("accuracy"));
  result.set_majority_accuracy(Ratio(sums.majority_solved, judged));
  result.set_pass_at_k(Ratio(sums.solved, judged));
  result.set_mean_response_tokens(Ratio(sums.tokens, sums.samples));
  result.set_mean_finished_response_tokens(Ratio(sums.finished_tokens, sums.finished));
  result.set_truncated_fraction(Ratio(sums.truncated, sums.samples));
  result.set_unscored_samples(sums.samples - sums.Values("accuracy"));
  return result;
}

}  // namespace gyre::coordinator

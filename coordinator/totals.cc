#include "coordinator/totals.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"

namespace gyre::coordinator {
namespace {

uint64_t Tokens(const Sample& sample, bool policy_only) {
  uint64_t tokens = 0;
  for (const Span& span : sample.spans()) {
    if (!policy_only || span.origin() == Span::POLICY) tokens += span.token_ids_size();
  }
  return tokens;
}

const ComponentOutcome* Find(const Outcome& outcome, const std::string& component) {
  for (const ComponentOutcome& each : outcome.components()) {
    if (each.component() == component) return &each;
  }
  return nullptr;
}

bool IsSolved(const Sample& sample) {
  const ComponentOutcome* accuracy = Find(sample.outcome(), "accuracy");
  return accuracy != nullptr && accuracy->has_value() && accuracy->value() >= 0.5;
}

// Whether the most frequent answer among the scored samples is right; of equally frequent ones the
// one that was drawn first. Responses without an answer are one answer of their own.
bool IsMajoritySolved(const Group& group) {
  std::map<std::string, uint32_t> votes;
  const Sample* best = nullptr;
  for (const Sample& sample : group.samples()) {
    const ComponentOutcome* accuracy = Find(sample.outcome(), "accuracy");
    if (accuracy != nullptr && accuracy->has_value()) ++votes[accuracy->answer()];
  }
  uint32_t most = 0;
  for (const Sample& sample : group.samples()) {
    const ComponentOutcome* accuracy = Find(sample.outcome(), "accuracy");
    if (accuracy == nullptr || !accuracy->has_value()) continue;
    if (votes[accuracy->answer()] > most) {
      most = votes[accuracy->answer()];
      best = &sample;
    }
  }
  return best != nullptr && IsSolved(*best);
}

// "TIMEOUT" of SCORE_ERROR_TIMEOUT.
std::string ErrorName(ScoreErrorKind kind) {
  const std::string name = ScoreErrorKind_Name(kind);
  const std::string prefix = "SCORE_ERROR_";
  return name.compare(0, prefix.size(), prefix) == 0 ? name.substr(prefix.size())
                                                     : absl::StrCat(static_cast<int>(kind));
}

void AddOutcome(const Outcome& outcome, GroupNumbers& numbers) {
  for (const ComponentOutcome& each : outcome.components()) {
    if (each.has_value()) {
      GroupNumbers::Component& component = (*numbers.mutable_components())[each.component()];
      component.set_values(component.values() + 1);
      component.set_sum(component.sum() + each.value());
    } else {
      ++(*numbers.mutable_errors())[absl::StrCat(each.component(), "/", ErrorName(each.error()))];
    }
  }
}

}  // namespace

TotalsRule MakeTotalsRule(const StageSpec& stage, Purpose purpose) {
  TotalsRule rule;
  if (purpose == EVAL) {
    rule.rewards.Add()->set_component("accuracy");
    return rule;
  }
  rule.rewards = stage.rl().reward();
  rule.has_overlong = stage.rl().has_overlong();
  rule.overlong = stage.rl().overlong();
  return rule;
}

double OverlongPenalty(const OverlongSpec& overlong, uint64_t response_tokens) {
  const double length = static_cast<double>(response_tokens);
  const double max = overlong.max_tokens();
  const double cache = overlong.cache_tokens();
  if (length <= max - cache) return 0;
  if (length > max) return -1;
  return (max - cache - length) / cache;
}

GroupTotals ComputeTotals(const Group& group, const TotalsRule& rule) {
  GroupTotals totals;
  double first_total = 0;
  bool equal = true;
  for (const Sample& sample : group.samples()) {
    GroupTotals::SampleTotal& entry = *totals.add_samples();
    entry.set_policy_tokens(static_cast<uint32_t>(Tokens(sample, true)));
    bool scored = true;
    double total = 0;
    for (const RewardSpec& reward : rule.rewards) {
      const ComponentOutcome* outcome = Find(sample.outcome(), reward.component());
      scored = scored && outcome != nullptr && outcome->has_value();
      if (scored) total += static_cast<double>(reward.weight()) * outcome->value();
    }
    if (!scored) continue;
    if (rule.has_overlong) total += OverlongPenalty(rule.overlong, Tokens(sample, false));
    entry.set_scored(true);
    entry.set_total(total);
    if (totals.scored_samples() == 0) first_total = total;
    equal = equal && total == first_total;
    totals.set_scored_samples(totals.scored_samples() + 1);
    totals.set_train_tokens(totals.train_tokens() + entry.policy_tokens());
  }
  totals.set_zero_variance(equal);
  if (equal) totals.set_train_tokens(0);
  return totals;
}

GroupNumbers ComputeNumbers(const Group& group, const GroupTotals& totals, float probe_difference) {
  GroupNumbers numbers;
  numbers.set_samples(group.samples_size());
  numbers.set_scored_samples(totals.scored_samples());
  numbers.set_zero_variance(totals.zero_variance());
  numbers.set_train_tokens(totals.train_tokens());
  numbers.set_probe_difference(probe_difference);
  for (int i = 0; i < group.samples_size(); ++i) {
    const Sample& sample = group.samples(i);
    const GroupTotals::SampleTotal& total = totals.samples(i);
    const uint64_t response = Tokens(sample, false);
    numbers.set_policy_tokens(numbers.policy_tokens() + total.policy_tokens());
    numbers.set_response_tokens(numbers.response_tokens() + response);
    numbers.set_response_tokens_max(std::max(numbers.response_tokens_max(), response));
    if (sample.finish_reason() == STOP) {
      numbers.set_finished_samples(numbers.finished_samples() + 1);
      numbers.set_finished_response_tokens(numbers.finished_response_tokens() + response);
    } else {
      numbers.set_truncated_samples(numbers.truncated_samples() + 1);
    }
    if (total.scored()) {
      numbers.set_total_sum(numbers.total_sum() + total.total());
      numbers.set_total_square_sum(numbers.total_square_sum() + total.total() * total.total());
      numbers.set_sequence_tokens(numbers.sequence_tokens() + group.prompt_token_ids_size() +
                                  response);
    }
    AddOutcome(sample.outcome(), numbers);
    if (IsSolved(sample)) numbers.set_solved(true);
  }
  numbers.set_majority_solved(IsMajoritySolved(group));
  return numbers;
}

}  // namespace gyre::coordinator

#include "tests/coordinator/simulation/fake_samples.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "coordinator/totals.h"

namespace gyre::coordinator::simulation {
namespace {

// Draws of one sample, each at a counter of its own.
enum Draw : uint64_t { kLength, kFinish, kCut, kScore, kToken = 100 };

void AddSpan(const PolicyKey& policy, const base::CounterRng& rng, uint64_t begin, uint64_t end,
             Sample& sample) {
  if (begin == end) return;
  Span& span = *sample.add_spans();
  span.set_origin(Span::POLICY);
  *span.mutable_policy() = ToProto(policy);
  for (uint64_t i = begin; i < end; ++i) {
    span.add_token_ids(static_cast<int32_t>(rng.Below(kToken + i, 50)));
    span.add_log_probs(-rng.Uniform(kToken + i));
  }
}

void AddOutcome(const RunSetup& setup, const std::vector<std::string>& components,
                const base::CounterRng& rng, Sample& sample) {
  uint64_t draw = kScore;
  for (const std::string& name : components) {
    ComponentOutcome& component = *sample.mutable_outcome()->add_components();
    component.set_component(name);
    if (rng.UniformDouble(draw++) < setup.score_error_rate) {
      component.set_error(SCORE_ERROR_TIMEOUT);
    } else {
      const bool solved = rng.UniformDouble(draw) < setup.solved_rate;
      component.set_value(solved ? 1 : 0);
      component.set_answer(solved ? "right" : absl::StrCat("wrong ", rng.Below(draw + 1, 2)));
    }
    draw += 2;
  }
}

}  // namespace

Group MakeGroup(const RunSetup& setup, const GroupKey& key,
                const std::vector<PolicyKey>& policies) {
  const StagePlan& stage = setup.plan.stages[key.stage];
  const std::string policy =
      setup.ContentFollowsPolicy(stage, key.purpose) ? policies.front().root_digest : "";
  Group group;
  *group.mutable_id() = ToProto(key);
  *group.mutable_sampling() = stage.Sampling(key.purpose, key.slot);
  group.add_prompt_token_ids(static_cast<int32_t>(key.slot));
  for (uint32_t i = 0; i < group.sampling().samples(); ++i) {
    const base::CounterRng rng(
        {setup.plan.seed, key.stage, key.purpose, key.slot, key.attempt, i, policy});
    Sample& sample = *group.add_samples();
    sample.set_index(i);
    const uint64_t tokens = 1 + rng.Below(kLength, group.sampling().max_response_tokens());
    const uint64_t cut = policies.size() == 1 ? tokens : rng.Below(kCut, tokens + 1);
    AddSpan(policies.front(), rng, 0, cut, sample);
    AddSpan(policies.back(), rng, cut, tokens, sample);
    sample.set_finish_reason(rng.Below(kFinish, 4) == 0 ? LENGTH : STOP);
    sample.set_text(absl::StrCat(Describe(key), " sample ", i));
    AddOutcome(setup, stage.Components(key.purpose), rng, sample);
  }
  return group;
}

uint64_t GroupGradient(const RunSetup& setup, const Group& group) {
  const GroupKey key = KeyOf(group.id());
  const GroupTotals totals =
      ComputeTotals(group, MakeTotalsRule(setup.spec.stage(static_cast<int>(key.stage)), TRAIN));
  if (totals.train_tokens() == 0) return 0;
  std::string content = Describe(key);
  for (int i = 0; i < group.samples_size(); ++i) {
    absl::StrAppend(&content, " total ", totals.samples(i).total());
    for (const Span& span : group.samples(i).spans()) {
      for (const int32_t token : span.token_ids()) absl::StrAppend(&content, " ", token);
    }
  }
  return base::CounterRng({"gradient", content}).key() | 1;
}

}  // namespace gyre::coordinator::simulation

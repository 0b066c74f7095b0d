// Groups as a run has them: sampled by the engine from given weights, with its log-probs, and
// scored by a rule.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/counter_rng.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "kernels/instruction_set.h"
#include "kernels/kernel_table.h"
#include "model/network.h"
#include "model/parameters.h"
#include "proto/group.pb.h"

namespace gyre::learner {

struct Sampling {
  uint32_t samples_per_prompt = 4;
  int32_t max_response_tokens = 8;
  std::vector<int32_t> eos_ids = {};
  uint64_t seed = 1;
};

// The total of a response.
using Scoring =
    std::function<double(const std::vector<int32_t>& prompt, const std::vector<int32_t>& response)>;

inline std::vector<TrainGroup> SampleGroups(const model::Parameters& parameters,
                                            const PolicyId& policy,
                                            const std::vector<std::vector<int32_t>>& prompts,
                                            const Sampling& sampling, const Scoring& score) {
  const kernels::KernelTable& kernels = kernels::Kernels(kernels::BestInstructionSet());
  engine::Engine engine({.config = parameters.config()});
  EXPECT_TRUE(engine
                  .InstallPolicy(std::make_shared<engine::Policy>(
                      engine::Policy{{}, model::PackedNetwork(parameters, kernels)}))
                  .ok());
  std::vector<TrainGroup> groups(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    EXPECT_TRUE(
        engine
            .Add({.id = i,
                  .random_key = base::CounterRng({sampling.seed, "group", uint64_t{i}}).key(),
                  .prompt = prompts[i],
                  .samples = static_cast<int32_t>(sampling.samples_per_prompt),
                  .max_response_tokens = sampling.max_response_tokens,
                  .sampling = {},
                  .eos_ids = sampling.eos_ids,
                  .stop = nullptr,
                  .pinned_policy = nullptr})
            .ok());
    groups[i].mutable_id()->set_slot(i);
    groups[i].set_temperature(1);
    groups[i].mutable_prompt_token_ids()->Add(prompts[i].begin(), prompts[i].end());
    for (uint32_t s = 0; s < sampling.samples_per_prompt; ++s) {
      groups[i].add_samples()->set_index(s);
      groups[i].mutable_totals()->add_samples()->set_scored(true);
    }
  }
  std::vector<engine::FinishedSample> finished;
  while (engine.Step(finished)) continue;
  for (const engine::FinishedSample& sample : finished) {
    TrainGroup& group = groups[sample.request_id];
    Span& span = *group.mutable_samples(sample.sample)->add_spans();
    span.set_origin(Span::POLICY);
    *span.mutable_policy() = policy;
    span.mutable_token_ids()->Add(sample.tokens.begin(), sample.tokens.end());
    span.mutable_log_probs()->Add(sample.log_probs.begin(), sample.log_probs.end());
    GroupTotals::SampleTotal& total = *group.mutable_totals()->mutable_samples(sample.sample);
    total.set_total(score(prompts[sample.request_id], sample.tokens));
    total.set_policy_tokens(static_cast<uint32_t>(sample.tokens.size()));
  }
  for (TrainGroup& group : groups) {
    std::set<double> totals;
    uint64_t tokens = 0;
    for (const auto& total : group.totals().samples()) {
      totals.insert(total.total());
      tokens += total.policy_tokens();
    }
    group.mutable_totals()->set_zero_variance(totals.size() == 1);
    group.mutable_totals()->set_train_tokens(totals.size() == 1 ? 0 : tokens);
    group.mutable_totals()->set_scored_samples(sampling.samples_per_prompt);
  }
  return groups;
}

// Over all samples.
inline double MeanTotal(const std::vector<TrainGroup>& groups) {
  double sum = 0;
  double samples = 0;
  for (const TrainGroup& group : groups) {
    for (const auto& total : group.totals().samples()) {
      sum += total.total();
      ++samples;
    }
  }
  return sum / samples;
}

}  // namespace gyre::learner

// Small training runs on one rank or several, for the tests of the trainer.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "learner/share.h"
#include "learner/trainer.h"
#include "model/probe.h"
#include "tests/fakes/thread_ranks.h"
#include "tests/model/tiny_models.h"

namespace gyre::learner {

inline const kernels::KernelTable& BestKernels() {
  return kernels::Kernels(kernels::BestInstructionSet());
}

// N trainers in step, each on a thread of its own while `work` runs.
class Ranks {
 public:
  Ranks(int world_size, const model::Parameters& parameters, const StageSpec& stage)
      : collectives_(world_size) {
    for (int rank = 0; rank < world_size; ++rank) {
      trainers_.push_back(
          std::make_unique<Trainer>(parameters.Copy(), BestKernels(), collectives_.rank(rank)));
      const absl::Status status = trainers_.back()->BeginStage(stage);
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  size_t size() const { return trainers_.size(); }
  Trainer& trainer(size_t rank = 0) { return *trainers_[rank]; }

  // What each rank's call gives.
  using Step = std::function<absl::StatusOr<StepMetrics>(Trainer&, size_t rank)>;
  std::vector<absl::StatusOr<StepMetrics>> Together(const Step& step) {
    std::vector<absl::StatusOr<StepMetrics>> results(size(), absl::UnknownError("did not run"));
    std::vector<std::jthread> threads;
    for (size_t rank = 0; rank < size(); ++rank)
      threads.emplace_back([&, rank] { results[rank] = step(trainer(rank), rank); });
    threads.clear();
    return results;
  }

  std::vector<absl::StatusOr<StepMetrics>> SftStep(uint32_t step,
                                                   const std::vector<SftExample>& examples) {
    std::vector<uint64_t> tokens;
    for (const SftExample& example : examples) tokens.push_back(example.token_ids.size());
    const auto shares = AssignExamples(tokens, static_cast<uint32_t>(size()));
    return Together([&](Trainer& trainer, size_t rank) {
      std::vector<SftExample> share;
      for (const uint32_t index : shares[rank]) share.push_back(examples[index]);
      return trainer.SftStep({step, step}, share);
    });
  }

  std::vector<absl::StatusOr<StepMetrics>> RlStep(uint32_t step, uint32_t mini_batches,
                                                  const std::vector<TrainGroup>& groups,
                                                  const PolicyId& current) {
    std::vector<GroupCost> costs;
    for (const TrainGroup& group : groups)
      costs.push_back({group.totals().train_tokens(), group.totals().train_tokens()});
    const GroupShares shares = AssignShares(costs, static_cast<uint32_t>(size()), mini_batches);
    return Together([&](Trainer& trainer, size_t rank) {
      std::vector<std::vector<TrainGroup>> share(mini_batches);
      for (size_t i = 0; i < mini_batches; ++i)
        for (const uint32_t index : shares[i][rank]) share[i].push_back(groups[index]);
      return trainer.RlStep({step, uint64_t{step} * mini_batches}, share, current);
    });
  }

 private:
  fakes::ThreadRanks collectives_;
  std::vector<std::unique_ptr<Trainer>> trainers_;
};

// Sequences that count upwards from a random token: learnt in a few steps.
inline std::vector<SftExample> CountingExamples(const weights::ModelConfig& config, size_t count,
                                                std::mt19937& generator) {
  std::vector<SftExample> examples(count);
  for (SftExample& example : examples) {
    const uint32_t length = 5 + generator() % 40;
    const uint32_t first = generator();
    for (uint32_t i = 0; i < length; ++i) {
      example.token_ids.push_back(
          static_cast<int32_t>((first % 1000 + i) % static_cast<uint32_t>(config.vocab_size)));
    }
    example.prompt_tokens = 1 + generator() % 3;
  }
  return examples;
}

inline PolicyId TestPolicy() {
  PolicyId id;
  id.set_version(7);
  id.set_root_digest("digest");
  return id;
}

// Groups of random tokens with the network's own log-probs and random totals; every seventh sample
// is not scored, every fifth group's totals are equal.
inline std::vector<TrainGroup> RandomGroups(const model::PackedNetwork& network, size_t count,
                                            std::mt19937& generator, float temperature = 1.0f) {
  std::vector<TrainGroup> groups(count);
  model::ForwardScratch scratch;
  for (size_t g = 0; g < count; ++g) {
    TrainGroup& group = groups[g];
    group.mutable_id()->set_slot(g);
    group.set_temperature(temperature);
    const std::vector<int32_t> prompt = model::RandomTokens(network.config(), 4, generator);
    group.mutable_prompt_token_ids()->Add(prompt.begin(), prompt.end());
    uint64_t tokens = 0;
    for (uint32_t s = 0; s < 4; ++s) {
      const int64_t length = 1 + static_cast<int64_t>(generator() % 60);
      const std::vector<int32_t> response =
          model::RandomTokens(network.config(), length, generator);
      std::vector<int32_t> all = prompt;
      all.insert(all.end(), response.begin(), response.end());
      const auto log_probs = model::ScoreSequence(network, all, 1.0f / temperature, scratch);
      EXPECT_TRUE(log_probs.ok());
      Span& span = *group.add_samples()->add_spans();
      span.set_origin(Span::POLICY);
      *span.mutable_policy() = TestPolicy();
      span.mutable_token_ids()->Add(response.begin(), response.end());
      span.mutable_log_probs()->Add(log_probs->begin() + 3, log_probs->end());
      GroupTotals::SampleTotal& total = *group.mutable_totals()->add_samples();
      total.set_scored(generator() % 7 != 0);
      total.set_total(static_cast<double>(generator() % 3));
      if (total.scored()) tokens += static_cast<uint64_t>(length);
    }
    group.mutable_totals()->set_train_tokens(g % 5 == 4 ? 0 : tokens);
  }
  return groups;
}

// |a - b| over |b|.
inline double RelativeDistance(absl::Span<const float> a, absl::Span<const float> b) {
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / norm);
}

}  // namespace gyre::learner

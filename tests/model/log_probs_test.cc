// Log-probs, entropies and gradients of the training pass against plain ATen in double.
#include "model/log_probs.h"

#include <ATen/ATen.h>

#include <bit>
#include <random>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "model/probe.h"
#include "tests/model/reference_network.h"
#include "tests/model/tiny_models.h"

namespace gyre::model {
namespace {

struct Sequence {
  std::vector<int32_t> token_ids;
  std::vector<int32_t> target_positions;
};

// Network, inverse temperature.
class LogProbs : public testing::TestWithParam<std::tuple<NamedConfig, float>> {
 protected:
  LogProbs() {
    for (const int64_t length : {40, 2, 17, 150, 3}) {
      Sequence sequence{RandomTokens(config_, length, generator_), {}};
      for (int32_t p = 1; p < length; ++p)
        if (generator_() % 4 != 0 || p == length - 1) sequence.target_positions.push_back(p);
      sequences_.push_back(sequence);
    }
    // The tokens after the last target are of no account.
    sequences_.front().target_positions.pop_back();
    Fill(batch_, sequences_);
  }

  static void Fill(SequenceBatch& batch, const std::vector<Sequence>& sequences) {
    batch.Clear();
    for (const Sequence& sequence : sequences)
      batch.Add(sequence.token_ids, sequence.target_positions);
    batch.Finish();
  }

  // dlog_probs of a loss that is not the same for all targets.
  at::Tensor SomeGradient() {
    std::vector<float> values(static_cast<size_t>(batch_.num_targets()));
    std::normal_distribution<float> normal;
    for (float& value : values) value = normal(generator_);
    return at::tensor(values, at::kFloat);
  }

  std::mt19937 generator_{11};
  const weights::ModelConfig config_ = std::get<0>(GetParam()).config;
  const float inverse_temperature_ = std::get<1>(GetParam());
  const Parameters parameters_ = RandomParameters(config_, 5);
  TrainingNetwork network_{parameters_, kernels::Kernels(kernels::BestInstructionSet())};
  std::vector<Sequence> sequences_;
  SequenceBatch batch_{network_.forward().kv_layout()};
};

TEST_P(LogProbs, GradientsAgreeWithTheReferenceInDouble) {
  const DifferentiableLogProbs ours = ComputeLogProbs(network_, batch_, inverse_temperature_);
  const at::Tensor gradient = SomeGradient();
  ours.log_probs.backward(gradient);

  const ReferenceNetwork reference(parameters_);
  std::vector<at::Tensor> log_probs;
  std::vector<at::Tensor> entropies;
  for (const Sequence& sequence : sequences_) {
    const at::Tensor all =
        reference.LogSoftmax(sequence.token_ids, static_cast<double>(inverse_temperature_));
    const at::Tensor positions = at::tensor(sequence.target_positions, at::kInt).to(at::kLong);
    const at::Tensor ids = at::tensor(sequence.token_ids, at::kInt).to(at::kLong);
    const at::Tensor rows = all.index_select(0, positions - 1);
    log_probs.push_back(rows.gather(1, ids.index_select(0, positions).unsqueeze(1)).squeeze(1));
    entropies.push_back(-(rows.exp() * rows).sum(-1));
  }
  const at::Tensor expected = at::cat(log_probs);
  EXPECT_LT((ours.log_probs.detach() - expected.detach()).abs().max().item<double>(), 2e-5);
  EXPECT_LT((ours.entropies - at::cat(entropies).detach()).abs().max().item<double>(), 2e-5);

  expected.backward(gradient.to(at::kDouble));
  for (const TensorPlace& place : parameters_.layout().tensors()) {
    const at::Tensor want = reference.weight(place.name).grad();
    const at::Tensor got =
        at::from_blob(network_.gradient().data() + place.offset, place.shape, at::kFloat);
    EXPECT_LT((got - want).norm().item<double>(), 1e-5 * want.norm().item<double>()) << place.name;
  }
}

TEST_P(LogProbs, AreTheEnginesBits) {
  const at::Tensor log_probs =
      ComputeLogProbs(network_, batch_, inverse_temperature_).log_probs.detach();
  ForwardScratch scratch;
  int64_t next = 0;
  for (const Sequence& sequence : sequences_) {
    const auto all =
        ScoreSequence(network_.forward(), sequence.token_ids, inverse_temperature_, scratch);
    ASSERT_TRUE(all.ok());
    for (const int32_t position : sequence.target_positions) {
      EXPECT_EQ(std::bit_cast<uint32_t>(log_probs[next].item<float>()),
                std::bit_cast<uint32_t>((*all)[static_cast<size_t>(position) - 1]));
      ++next;
    }
  }
}

TEST_P(LogProbs, TheSameBatchGivesTheSameGradientBits) {
  const at::Tensor gradient = SomeGradient();
  std::vector<std::vector<float>> results;
  for (int run = 0; run < 2; ++run) {
    network_.ZeroGradient();
    ComputeLogProbs(network_, batch_, inverse_temperature_).log_probs.backward(gradient);
    results.emplace_back(network_.gradient().begin(), network_.gradient().end());
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST_P(LogProbs, EveryInstructionSetGivesTheSameGradientBits) {
  const at::Tensor gradient = SomeGradient();
  std::vector<std::vector<float>> results;
  for (const kernels::InstructionSet isa : kernels::SupportedInstructionSets()) {
    TrainingNetwork network(parameters_, kernels::Kernels(isa));
    ComputeLogProbs(network, batch_, inverse_temperature_).log_probs.backward(gradient);
    results.emplace_back(network.gradient().begin(), network.gradient().end());
  }
  for (const std::vector<float>& result : results) EXPECT_EQ(result, results.front());
}

TEST_P(LogProbs, RefuseASecondBackwardPass) {
  const at::Tensor log_probs = ComputeLogProbs(network_, batch_, inverse_temperature_).log_probs;
  const at::Tensor gradient = SomeGradient();
  log_probs.backward(gradient, /*retain_graph=*/true);
  EXPECT_THROW(log_probs.backward(gradient), c10::Error);
}

TEST_P(LogProbs, GradientsOfBatchesAddUp) {
  const at::Tensor gradient = SomeGradient();
  ComputeLogProbs(network_, batch_, inverse_temperature_).log_probs.backward(gradient);
  const std::vector<float> whole(network_.gradient().begin(), network_.gradient().end());

  network_.ZeroGradient();
  int64_t next = 0;
  for (const Sequence& sequence : sequences_) {
    Fill(batch_, {sequence});
    ComputeLogProbs(network_, batch_, inverse_temperature_)
        .log_probs.backward(gradient.slice(0, next, next + batch_.num_targets()));
    next += batch_.num_targets();
  }
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    difference += std::pow(static_cast<double>(whole[i] - network_.gradient()[i]), 2);
    norm += std::pow(static_cast<double>(whole[i]), 2);
  }
  EXPECT_LT(std::sqrt(difference), 1e-6 * std::sqrt(norm));
}

INSTANTIATE_TEST_SUITE_P(NetworksAndTemperatures, LogProbs,
                         testing::Combine(testing::ValuesIn(TinyConfigs()),
                                          testing::Values(1.0f, 1.25f)),
                         [](const auto& info) {
                           return std::get<0>(info.param).name +
                                  (std::get<1>(info.param) == 1.0f ? "" : "Colder");
                         });

}  // namespace
}  // namespace gyre::model

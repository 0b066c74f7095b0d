// The network on a device, which is the twin of the CUDA kernels on the processor, against
// PackedNetwork. The twin's matrix products are row-independent, so all of it must be.
#include "model/cuda_network.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/kernel_table.h"
#include "model/network.h"
#include "model/sequence_blocks.h"
#include "tests/kernels/cuda/device_vector.h"
#include "tests/kernels/cuda/twin_device.h"
#include "tests/model/tiny_models.h"

namespace gyre::model {
namespace {

using kernels::cuda::ElementType;
using kernels::cuda::RowDraw;
using kernels::cuda::TwinDevice;

// Of one sequence by the CPU's network, [tokens][vocabulary].
std::vector<float> CpuLogits(const Parameters& parameters, const std::vector<int32_t>& tokens) {
  const PackedNetwork network(parameters, kernels::Kernels(kernels::BestInstructionSet()));
  SequenceBlocks blocks(network.FloatsPerBlockOfAllLayers());
  const auto length = static_cast<int64_t>(tokens.size());
  blocks.Resize({length});
  std::vector<NetworkRow> rows;
  for (const int32_t token : tokens)
    rows.push_back({token, static_cast<int32_t>(rows.size()), blocks.sequence(0)});
  ForwardScratch scratch;
  std::vector<float> hidden(static_cast<size_t>(length * network.config().hidden_size));
  network.Forward(rows, network.kv_layout().FloatsPerBlock(), scratch, hidden.data());
  std::vector<int32_t> all(tokens.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<float> logits(static_cast<size_t>(length * network.config().vocab_size));
  network.Logits(hidden.data(), all, scratch, logits.data(), network.config().vocab_size);
  return logits;
}

// A network on the twin, and a cache with room for some sequences whose blocks lie in disorder.
class TwinNetwork {
 public:
  TwinNetwork(const Parameters& parameters, ElementType type, ElementType cache_type,
              int64_t num_blocks = 40)
      : network_(*CudaNetwork::Create(device_, parameters, type)),
        cache_(device_, parameters.config(), cache_type),
        scratch_(device_) {
    EXPECT_TRUE(cache_.Reserve(num_blocks).ok());
    table_.resize(static_cast<size_t>(num_blocks));
    std::iota(table_.begin(), table_.end(), 0);
    std::shuffle(table_.begin(), table_.end(), std::mt19937(3));
  }

  void Forward(const std::vector<CudaRow>& rows) {
    EXPECT_TRUE(network_->Forward(rows, table_, cache_, scratch_).ok());
  }
  // Of rows of the last Forward.
  std::vector<float> Logits(const std::vector<int32_t>& chosen) {
    std::vector<float> logits(chosen.size() * static_cast<size_t>(network_->config().vocab_size));
    EXPECT_TRUE(network_->Logits(chosen, scratch_, absl::MakeSpan(logits)).ok());
    return logits;
  }
  // Of one sequence, `step` tokens a call.
  std::vector<float> LogitsOf(const std::vector<int32_t>& tokens, size_t step,
                              int32_t first_block = 0) {
    std::vector<float> all;
    for (size_t first = 0; first < tokens.size(); first += step) {
      std::vector<CudaRow> rows;
      std::vector<int32_t> chosen;
      for (size_t i = first; i < std::min(first + step, tokens.size()); ++i) {
        chosen.push_back(static_cast<int32_t>(rows.size()));
        rows.push_back({tokens[i], static_cast<int32_t>(i), first_block});
      }
      Forward(rows);
      const std::vector<float> logits = Logits(chosen);
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  }

  TwinDevice& device() { return device_; }
  CudaNetwork& network() { return *network_; }
  CudaScratch& scratch() { return scratch_; }

 private:
  TwinDevice device_;
  std::unique_ptr<CudaNetwork> network_;
  CudaCache cache_;
  CudaScratch scratch_;
  std::vector<int32_t> table_;
};

void ExpectNear(const std::vector<float>& actual, const std::vector<float>& expected,
                double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i], tolerance * (1 + std::abs(expected[i]))) << i;
}

Parameters RoundedToBf16(const Parameters& parameters) {
  Parameters rounded = parameters.Copy();
  for (const TensorPlace& place : rounded.layout().tensors()) {
    if (!place.is_matrix()) continue;
    float* values = rounded.flat().data() + place.offset;
    const std::vector<float> elements =
        kernels::cuda::AsElements(ElementType::kBf16, {values, values + place.size});
    std::copy(elements.begin(), elements.end(), values);
  }
  return rounded;
}

TEST(CudaNetwork, AgreesWithThePackedNetworkInF32) {
  std::mt19937 generator(1);
  std::vector<NamedConfig> configs = TinyConfigs();
  configs.push_back({"Countdown", CountdownConfig()});
  for (const auto& [name, config] : configs) {
    SCOPED_TRACE(name);
    const Parameters parameters = RandomParameters(config, 1);
    const std::vector<int32_t> tokens = RandomTokens(config, 70, generator);
    TwinNetwork twin(parameters, ElementType::kF32, ElementType::kF32);
    ExpectNear(twin.LogitsOf(tokens, 70), CpuLogits(parameters, tokens), 2e-4);
  }
}

// Past one part of attention.
TEST(CudaNetwork, AgreesWithThePackedNetworkOnALongSequence) {
  std::mt19937 generator(2);
  weights::ModelConfig config = TinyConfig();
  config.max_positions = 600;
  const Parameters parameters = RandomParameters(config, 2);
  const std::vector<int32_t> tokens = RandomTokens(config, 600, generator);
  TwinNetwork twin(parameters, ElementType::kF32, ElementType::kF32);
  ExpectNear(twin.LogitsOf(tokens, 600), CpuLogits(parameters, tokens), 5e-5);
}

// The root mean square of the difference, relative to that of `expected`.
double RelativeDifference(const std::vector<float>& actual, const std::vector<float>& expected) {
  double difference = 0;
  double size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(difference / size);
}

// The weights are those of bf16 to the bit; what goes into matrix products and the cache is rounded
// to 8 bits, which is a relative error of 2^-9 each time.
TEST(CudaNetwork, AgreesWithThePackedNetworkOfRoundedWeightsInBf16) {
  std::mt19937 generator(3);
  for (const auto& [name, config] : TinyConfigs()) {
    SCOPED_TRACE(name);
    const Parameters parameters = RandomParameters(config, 3);
    const std::vector<int32_t> tokens = RandomTokens(config, 40, generator);
    TwinNetwork twin(parameters, ElementType::kBf16, ElementType::kBf16);
    const std::vector<float> logits = twin.LogitsOf(tokens, 40);
    const std::vector<float> expected = CpuLogits(RoundedToBf16(parameters), tokens);
    EXPECT_LT(RelativeDifference(logits, expected), 0.02);
    EXPECT_NE(logits, expected);
  }
}

TEST(CudaNetwork, GivesTheSameBitsHoweverASequenceIsCutAndWhoStandsBesideIt) {
  std::mt19937 generator(4);
  for (const ElementType type : {ElementType::kF32, ElementType::kBf16}) {
    const Parameters parameters = RandomParameters(TinyConfig(), 4);
    TwinNetwork twin(parameters, type, type);
    const std::vector<int32_t> tokens = RandomTokens(TinyConfig(), 45, generator);
    const std::vector<float> whole = twin.LogitsOf(tokens, 45);
    EXPECT_EQ(twin.LogitsOf(tokens, 1, 5), whole);
    EXPECT_EQ(twin.LogitsOf(tokens, 17, 10), whole);

    // Beside another sequence, its rows backwards.
    const std::vector<int32_t> others = RandomTokens(TinyConfig(), 30, generator);
    std::vector<CudaRow> rows;
    for (int32_t i = 44; i >= 0; --i) {
      if (i < 30) rows.push_back({others[static_cast<size_t>(i)], i, 20});
      rows.push_back({tokens[static_cast<size_t>(i)], i, 25});
    }
    twin.Forward(rows);
    std::vector<int32_t> chosen;
    for (int32_t i = 0; i < static_cast<int32_t>(rows.size()); ++i)
      if (rows[static_cast<size_t>(i)].first_block == 25) chosen.insert(chosen.begin(), i);
    EXPECT_EQ(twin.Logits(chosen), whole);
  }
}

TEST(CudaNetwork, DrawsFromItsLogitsAndScoresWhatItDrew) {
  std::mt19937 generator(5);
  const Parameters parameters = RandomParameters(CountdownConfig(), 5);
  TwinNetwork twin(parameters, ElementType::kF32, ElementType::kF32);
  const std::vector<int32_t> tokens = RandomTokens(CountdownConfig(), 20, generator);
  std::vector<CudaRow> rows;
  for (const int32_t token : tokens) rows.push_back({token, static_cast<int32_t>(rows.size()), 0});
  twin.Forward(rows);
  const std::vector<int32_t> chosen = {19, 3, 3, 7};
  const std::vector<RowDraw> draws = {
      {.temperature = 0.0f},
      {.temperature = 0.8f, .uniform = 0.2f},
      {.temperature = 0.8f, .uniform = 0.7f},
      {.temperature = 0.8f, .uniform = 0.5f, .truncation = {.top_k = 3}}};
  std::vector<kernels::SampledToken> drawn(4);
  ASSERT_TRUE(twin.network().Draw(chosen, draws, twin.scratch(), absl::MakeSpan(drawn)).ok());
  const std::vector<float> logits = twin.Logits(chosen);
  for (size_t i = 0; i < 3; ++i) {
    const kernels::SampledToken expected =
        kernels::Kernels(kernels::BestInstructionSet())
            .sample(logits.data() + i * 119, 119, draws[i].temperature, draws[i].uniform);
    EXPECT_EQ(drawn[i].token, expected.token);
    EXPECT_NEAR(drawn[i].logprob, expected.logprob, 2e-6);
  }
  EXPECT_GT(drawn[3].logprob, drawn[3].plain_logprob) << "of three tokens, not of all";

  std::vector<int32_t> targets;
  for (const kernels::SampledToken& token : drawn) targets.push_back(token.token);
  std::vector<float> scored(4);
  ASSERT_TRUE(twin.network()
                  .LogProbs(chosen, targets, 1.0f / 0.8f, twin.scratch(), absl::MakeSpan(scored))
                  .ok());
  EXPECT_EQ(scored[1], drawn[1].logprob);
  EXPECT_EQ(scored[2], drawn[2].logprob);
}

TEST(CudaNetwork, TakesNewWeightsInTheOldOnesPlace) {
  std::mt19937 generator(6);
  const std::vector<int32_t> tokens = RandomTokens(TinyConfig(), 10, generator);
  const Parameters first = RandomParameters(TinyConfig(), 6);
  const Parameters second = RandomParameters(TinyConfig(), 7);
  TwinNetwork twin(first, ElementType::kBf16, ElementType::kF32);
  TwinNetwork fresh(second, ElementType::kBf16, ElementType::kF32);
  EXPECT_NE(twin.LogitsOf(tokens, 10), fresh.LogitsOf(tokens, 10));
  ASSERT_TRUE(twin.network().Load(second).ok());
  EXPECT_EQ(twin.LogitsOf(tokens, 10), fresh.LogitsOf(tokens, 10));
}

TEST(CudaNetwork, SaysWhatTheDeviceSays) {
  TwinDevice small;
  small.LimitAllocations(100);
  const Parameters parameters = RandomParameters(TinyConfig(), 8);
  EXPECT_EQ(CudaNetwork::Create(small, parameters, ElementType::kF32).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(small.allocations(), 0u);

  TwinNetwork twin(parameters, ElementType::kF32, ElementType::kF32);
  twin.Forward({{.token = 1, .position = 0, .first_block = 0}});
  twin.device().Break(absl::InternalError("launching attention: cudaErrorLaunchFailure"));
  std::vector<kernels::SampledToken> drawn(1);
  const absl::Status status =
      twin.network().Draw({0}, {{.temperature = 0.0f}}, twin.scratch(), absl::MakeSpan(drawn));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace gyre::model

// The CUDA kernels over a row of logits, run by their twin on the processor, against the CPU's.
#include <cmath>
#include <string>
#include <vector>

#include "kernels/truncated_sample.h"
#include "tests/kernels/cuda/device_cases.h"
#include "tests/kernels/cuda/twin_device.h"

namespace gyre::kernels::cuda {
namespace {

const KernelTable& Cpu() { return Kernels(BestInstructionSet()); }

std::vector<float> Repeated(const std::vector<float>& row, size_t times) {
  std::vector<float> rows;
  for (size_t i = 0; i < times; ++i) rows.insert(rows.end(), row.begin(), row.end());
  return rows;
}

// Log-probs are sums of another order. The CPU's chains are a sixteenth of the vocabulary long, and
// their rounding grows with that.
void ExpectToken(const float* actual, const SampledToken& expected, int64_t vocabulary,
                 const std::string& what) {
  const double tolerance = 2e-6 + 1e-10 * static_cast<double>(vocabulary);
  ASSERT_EQ(static_cast<int32_t>(actual[0]), expected.token) << what;
  ASSERT_NEAR(actual[1], expected.logprob, tolerance) << what;
  ASSERT_NEAR(actual[2], expected.plain_logprob, tolerance) << what;
}

std::vector<float> Uniforms() {
  std::vector<float> uniforms = {0.0f, 0x1p-24f, 1.0f - 0x1p-24f};
  for (int i = 0; i < 40; ++i) uniforms.push_back((static_cast<float>(i) + 0.5f) / 40.0f);
  return uniforms;
}

TEST(CudaLogSoftmax, AgreesWithTheCpu) {
  for (const int64_t vocabulary : {1, 37, 256, 5003}) {
    RandomTensors random(1);
    const std::vector<float> logits = random.Floats(3 * vocabulary, 3.0f);
    const std::vector<int32_t> targets = {0, static_cast<int32_t>(vocabulary - 1),
                                          static_cast<int32_t>(vocabulary / 2)};
    std::vector<float> expected(9);
    Cpu().log_softmax({.logits = logits.data(),
                       .logits_stride = vocabulary,
                       .rows = 3,
                       .vocabulary = vocabulary,
                       .inverse_temperature = 0.7f,
                       .targets = targets.data(),
                       .logsumexp = expected.data() + 6,
                       .logprob = expected.data(),
                       .entropy = expected.data() + 3});
    TwinDevice device;
    const DeviceVector<float> device_logits(device, logits);
    const DeviceVector<int32_t> device_targets(device, targets);
    const DeviceVector<float> results(device, 9);
    device.Run(LogSoftmaxTask{.logits = device_logits.data(),
                              .rows = 3,
                              .vocabulary = vocabulary,
                              .inverse_temperature = 0.7f,
                              .targets = device_targets.data(),
                              .logprob = results.data(),
                              .entropy = results.data() + 3,
                              .logsumexp = results.data() + 6});
    const std::vector<float> actual = results.Host();
    for (size_t i = 0; i < 9; ++i) ASSERT_NEAR(actual[i], expected[i], 2e-6) << vocabulary;
  }
}

TEST(CudaLogSoftmax, GivesTheSameBitsWithAndWithoutEntropy) {
  TwinDevice device;
  const std::vector<float> with = RunLogSoftmax(device, true);
  const std::vector<float> without = RunLogSoftmax(device, false);
  for (const size_t i : {0, 1, 2, 6, 7, 8}) EXPECT_EQ(with[i], without[i]);
}

// The same operations decide the token, so it is the same at every point.
TEST(CudaSample, DrawsTheCpusTokens) {
  for (const int64_t vocabulary : {1, 37, 64, 1003, 50'000, 300'000}) {
    RandomTensors random(2);
    const std::vector<float> logits = random.Floats(vocabulary, 3.0f);
    std::vector<RowDraw> draws;
    for (const float temperature : {0.0f, 0.6f, 1.0f, 1.7f}) {
      for (const float uniform : Uniforms()) {
        draws.push_back({.temperature = temperature, .uniform = uniform});
        if (temperature == 0.0f || vocabulary > 40'000) break;
      }
      if (vocabulary > 40'000) draws.back().uniform = random.Between(0, 99) / 100.0f;
    }
    TwinDevice device;
    const std::vector<float> drawn = RunSample(device, Repeated(logits, draws.size()), draws);
    for (size_t i = 0; i < draws.size(); ++i) {
      ExpectToken(drawn.data() + 3 * i,
                  Cpu().sample(logits.data(), vocabulary, draws[i].temperature, draws[i].uniform),
                  vocabulary, "vocabulary " + std::to_string(vocabulary));
    }
  }
}

TEST(CudaSample, DrawsTheTokensOfTheCpusTruncatedSampler) {
  const Truncation truncations[] = {{.top_k = 1},
                                    {.top_k = 5},
                                    {.top_k = 5000},
                                    {.top_p = 0.0f},
                                    {.top_p = 0.3f},
                                    {.top_p = 0.95f},
                                    {.min_p = 0.1f},
                                    {.min_p = 1.0f},
                                    {.top_k = 12, .top_p = 0.8f},
                                    {.top_k = 40, .top_p = 0.95f, .min_p = 0.05f}};
  RandomTensors random(3);
  for (const int64_t vocabulary : {1, 37, 1003}) {
    std::vector<float> logits = random.Floats(vocabulary, 2.0f);
    for (size_t i = 5; i < logits.size(); i += 7) logits[i] = logits[i - 5];  // ties
    std::vector<RowDraw> draws;
    for (const Truncation& truncation : truncations) {
      for (const float uniform : {0.0f, 0.2f, 0.51f, 0.93f, 1.0f - 0x1p-24f})
        draws.push_back({.temperature = 0.8f, .uniform = uniform, .truncation = truncation});
      draws.push_back({.temperature = 0.0f, .uniform = 0.9f, .truncation = truncation});
    }
    TwinDevice device;
    const std::vector<float> drawn = RunSample(device, Repeated(logits, draws.size()), draws);
    TruncatedSampler sampler;
    for (size_t i = 0; i < draws.size(); ++i) {
      ExpectToken(drawn.data() + 3 * i,
                  sampler.Sample(Cpu(), logits.data(), vocabulary, draws[i].temperature,
                                 draws[i].truncation, draws[i].uniform),
                  vocabulary, "draw " + std::to_string(i));
    }
  }
}

// Of equal tokens, the lowest ids stay; in the thread's own stretch and past it.
TEST(CudaSample, CutsAmongEqualTokensWhereTheCpuDoes) {
  for (const int64_t vocabulary : {37, 1003}) {
    const std::vector<float> logits(static_cast<size_t>(vocabulary), 0.5f);
    std::vector<RowDraw> draws;
    for (const float top_p : {0.0f, 0.01f, 0.35f, 0.9f})
      draws.push_back({.uniform = 1.0f - 0x1p-24f, .truncation = {.top_p = top_p}});
    TwinDevice device;
    const std::vector<float> drawn = RunSample(device, Repeated(logits, draws.size()), draws);
    TruncatedSampler sampler;
    for (size_t i = 0; i < draws.size(); ++i) {
      const SampledToken expected = sampler.Sample(Cpu(), logits.data(), vocabulary, 1.0f,
                                                   draws[i].truncation, draws[i].uniform);
      EXPECT_LT(expected.token, vocabulary - 1);
      ExpectToken(drawn.data() + 3 * i, expected, vocabulary, "draw " + std::to_string(i));
    }
  }
}

TEST(CudaSample, NeverDrawsWhatHasNoProbability) {
  std::vector<float> logits(300, -INFINITY);
  logits[70] = 1.0f;
  logits[201] = 0.99f;
  std::vector<RowDraw> draws;
  for (const Truncation& truncation : {Truncation{}, Truncation{.top_k = 250}, {.top_p = 0.9f}}) {
    for (const float uniform : {0.0f, 0.3f, 0.62f, 0.99f, 1.0f - 0x1p-24f})
      draws.push_back({.uniform = uniform, .truncation = truncation});
  }
  TwinDevice device;
  const std::vector<float> drawn = RunSample(device, Repeated(logits, draws.size()), draws);
  for (size_t i = 0; i < draws.size(); ++i)
    EXPECT_TRUE(drawn[3 * i] == 70 || drawn[3 * i] == 201) << drawn[3 * i];
}

// The lowest id of the largest logits; not a number is never the largest.
TEST(CudaSample, TakesTheLargestAtTemperatureZero) {
  RandomTensors random(4);
  std::vector<float> logits = random.Floats(1003);
  logits[40] = logits[300] = logits[301] = 50.0f;
  logits[20] = std::nanf("");
  TwinDevice device;
  EXPECT_EQ(RunSample(device, logits, {{.temperature = 0.0f}})[0], 40.0f);
}

TEST(CudaSample, GivesTheLogProbOfLogSoftmax) {
  RandomTensors random(5);
  const std::vector<float> logits = random.Floats(3 * 1003, 2.0f);
  const float temperature = 0.7f;
  TwinDevice device;
  const std::vector<float> drawn = RunSample(device, logits,
                                             {{.temperature = temperature, .uniform = 0.1f},
                                              {.temperature = temperature, .uniform = 0.5f},
                                              {.temperature = temperature, .uniform = 0.8f}});
  const DeviceVector<float> device_logits(device, logits);
  const DeviceVector<int32_t> targets(
      device, {static_cast<int32_t>(drawn[0]), static_cast<int32_t>(drawn[3]),
               static_cast<int32_t>(drawn[6])});
  const DeviceVector<float> logprob(device, 3);
  for (const size_t column : {1, 2}) {
    device.Run(LogSoftmaxTask{.logits = device_logits.data(),
                              .rows = 3,
                              .vocabulary = 1003,
                              .inverse_temperature = column == 1 ? 1.0f / temperature : 1.0f,
                              .targets = targets.data(),
                              .logprob = logprob.data()});
    const std::vector<float> scored = logprob.Host();
    for (size_t row = 0; row < 3; ++row) EXPECT_EQ(scored[row], drawn[3 * row + column]);
  }
}

}  // namespace
}  // namespace gyre::kernels::cuda

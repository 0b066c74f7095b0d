// One run of each body over random arguments with tails: for the comparison of devices with one
// another, bit for bit.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/rope_table.h"
#include "tests/kernels/cuda/device_vector.h"
#include "tests/kernels/cuda/paged_sequences.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels::cuda {

struct DeviceCase {
  std::string name;
  std::function<std::vector<float>(Device&)> run;
};

inline std::vector<float> RunEmbedding(Device& device, ElementType type) {
  RandomTensors random(1);
  const DeviceVector<int32_t> tokens(device, {3, 0, 10, 3});
  const ElementVector table(device, type, random.Floats(11 * 200));
  const DeviceVector<float> y(device, 4 * 200);
  device.Run(EmbeddingTask{.tokens = tokens.data(),
                           .rows = 4,
                           .size = 200,
                           .type = type,
                           .table = table.data(),
                           .y = y.data()});
  return y.Host();
}

inline std::vector<float> RunBias(Device& device) {
  RandomTensors random(2);
  const DeviceVector<float> x(device, random.Floats(3 * 205));
  const DeviceVector<float> bias(device, random.Floats(200));
  device.Run(BiasTask{.x = x.data(), .x_stride = 205, .rows = 3, .size = 200, .bias = bias.data()});
  return x.Host();
}

inline std::vector<float> RunRmsNorm(Device& device, ElementType type, int64_t size) {
  RandomTensors random(3);
  const DeviceVector<float> x(device, random.Floats(4 * (3 * size + 1)));
  const DeviceVector<int32_t> chosen(device, {2, 0});
  const DeviceVector<float> weight(device, random.Floats(size));
  const ElementVector y(device, type, 2 * 3 * size);
  device.Run(RmsNormTask{.x = x.data(),
                         .x_stride = 3 * size + 1,
                         .chosen = chosen.data(),
                         .rows = 2,
                         .groups = 3,
                         .size = size,
                         .weight = weight.data(),
                         .y_type = type,
                         .y = y.data(),
                         .y_stride = 3 * size});
  return y.Host();
}

inline std::vector<float> RunRope(Device& device) {
  RandomTensors random(4);
  const RopeTable table(34, 50, 10000);
  const DeviceVector<float> cos(device, {table.cos(), table.cos() + 50 * 17});
  const DeviceVector<float> sin(device, {table.sin(), table.sin() + 50 * 17});
  const DeviceVector<int32_t> positions(device, {0, 49, 7});
  const DeviceVector<float> x(device, random.Floats(3 * 9 * 34));
  device.Run(RopeTask{.x = x.data(),
                      .x_stride = 9 * 34,
                      .rows = 3,
                      .heads = 8,
                      .head_size = 34,
                      .positions = positions.data(),
                      .cos = cos.data(),
                      .sin = sin.data()});
  return x.Host();
}

inline std::vector<float> RunSwiglu(Device& device, ElementType type) {
  RandomTensors random(5);
  const DeviceVector<float> gate_up(device, random.Floats(3 * 2 * 700, 4.0f));
  const ElementVector y(device, type, 3 * 700);
  device.Run(
      SwigluTask{.gate_up = gate_up.data(), .rows = 3, .size = 700, .y_type = type, .y = y.data()});
  return y.Host();
}

inline std::vector<float> RunAttention(Device& device, ElementType type) {
  const PagedSequences sequences({6, 2, 24}, type, {300, 20, 600}, 6);
  return sequences.Attend(device, {{0, 299}, {1, 19}, {2, 599}, {2, 100}, {0, 0}}, type);
}

inline std::vector<float> RunKvWrite(Device& device, ElementType type) {
  RandomTensors random(7);
  const KvLayout layout = {2, 24};
  const ElementVector cache(device, type, random.Floats(2 * layout.FloatsPerBlock()));
  const DeviceVector<int32_t> table(device, {1, 0});
  const DeviceVector<int32_t> positions(device, {3, 20});
  const DeviceVector<int32_t> first_block(device, {0, 0});
  const DeviceVector<float> rows(device, random.Floats(2 * 96));
  device.Run(KvWriteTask{.rows = {.rows = 2,
                                  .positions = positions.data(),
                                  .first_block = first_block.data(),
                                  .block_table = table.data()},
                         .cache = {.type = type,
                                   .blocks = cache.data(),
                                   .layout = layout,
                                   .block_stride = layout.FloatsPerBlock()},
                         .keys = rows.data(),
                         .values = rows.data() + 48,
                         .stride = 96});
  return cache.Host();
}

inline std::vector<float> RunLogSoftmax(Device& device, bool with_entropy) {
  RandomTensors random(8);
  const DeviceVector<float> logits(device, random.Floats(3 * 1003, 3.0f));
  const DeviceVector<int32_t> targets(device, {0, 1002, 500});
  const DeviceVector<float> results(device, std::vector<float>(9, 0.0f));
  device.Run(LogSoftmaxTask{.logits = logits.data(),
                            .rows = 3,
                            .vocabulary = 1003,
                            .inverse_temperature = 0.7f,
                            .targets = targets.data(),
                            .logprob = results.data(),
                            .entropy = with_entropy ? results.data() + 3 : nullptr,
                            .logsumexp = results.data() + 6});
  return results.Host();
}

// [token, logprob, plain_logprob] of each row.
inline std::vector<float> RunSample(Device& device, const std::vector<float>& logits,
                                    const std::vector<RowDraw>& draws) {
  const DeviceVector<float> device_logits(device, logits);
  const DeviceVector<RowDraw> device_draws(device, draws);
  const DeviceVector<SampledToken> tokens(device, static_cast<int64_t>(draws.size()));
  device.Run(SampleTask{.logits = device_logits.data(),
                        .rows = static_cast<int64_t>(draws.size()),
                        .vocabulary = static_cast<int64_t>(logits.size() / draws.size()),
                        .draws = device_draws.data(),
                        .tokens = tokens.data()});
  std::vector<float> results;
  for (const SampledToken& drawn : tokens.Host()) {
    results.push_back(static_cast<float>(drawn.token));
    results.push_back(drawn.logprob);
    results.push_back(drawn.plain_logprob);
  }
  return results;
}

inline std::vector<float> RunSamples(Device& device) {
  RandomTensors random(9);
  const std::vector<RowDraw> draws = {
      {.temperature = 0.0f},
      {.temperature = 1.0f, .uniform = 0.3f},
      {.temperature = 0.7f, .uniform = 0.99999994f},
      {.temperature = 1.3f, .uniform = 0.5f, .truncation = {.top_k = 20}},
      {.temperature = 1.0f, .uniform = 0.9f, .truncation = {.top_p = 0.8f}},
      {.temperature = 0.9f,
       .uniform = 0.7f,
       .truncation = {.top_k = 50, .top_p = 0.9f, .min_p = 0.05f}}};
  return RunSample(device, random.Floats(6 * 1003, 2.0f), draws);
}

// Not of LinearTask, which a GPU does by cuBLAS.
inline std::vector<DeviceCase> DeviceCases() {
  std::vector<DeviceCase> cases;
  for (const ElementType type : {ElementType::kF32, ElementType::kBf16}) {
    const std::string of = type == ElementType::kF32 ? " f32" : " bf16";
    cases.push_back({"embedding" + of, [=](Device& d) { return RunEmbedding(d, type); }});
    cases.push_back({"RMSNorm" + of, [=](Device& d) { return RunRmsNorm(d, type, 300); }});
    cases.push_back({"head norm" + of, [=](Device& d) { return RunRmsNorm(d, type, 24); }});
    cases.push_back({"SwiGLU" + of, [=](Device& d) { return RunSwiglu(d, type); }});
    cases.push_back({"attention" + of, [=](Device& d) { return RunAttention(d, type); }});
    cases.push_back({"cache write" + of, [=](Device& d) { return RunKvWrite(d, type); }});
  }
  cases.push_back({"bias", RunBias});
  cases.push_back({"RoPE", RunRope});
  cases.push_back({"log-softmax", [](Device& d) { return RunLogSoftmax(d, false); }});
  cases.push_back({"log-softmax, entropy", [](Device& d) { return RunLogSoftmax(d, true); }});
  cases.push_back({"sample", RunSamples});
  return cases;
}

}  // namespace gyre::kernels::cuda

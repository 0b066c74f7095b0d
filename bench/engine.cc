// How fast one thread generates, on the demo's network (recipes/countdown_zero.textproto) with
// random weights: prompts of 9 tokens, groups of 8, responses of exactly RESPONSE tokens. Usage:
// bench_engine [SEQUENCES [RESPONSE [ROUNDS]]]; each round decodes SEQUENCES of them together.
// Prints one JSON object: new tokens a second with prefill, by the clock and by the processor's
// time (which other processes do not count in).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "model/parameters.h"
#include "nlohmann/json.hpp"

namespace gyre::engine {
namespace {

weights::ModelConfig CountdownConfig() {
  weights::ModelConfig config;
  config.vocab_size = 119;
  config.hidden_size = 96;
  config.num_layers = 4;
  config.num_heads = 4;
  config.num_kv_heads = 4;
  config.head_size = 24;
  config.intermediate_size = 192;
  config.max_positions = 512;
  return config;
}

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int Run(int32_t sequences, int32_t response, int rounds) {
  const weights::ModelConfig config = CountdownConfig();
  Engine engine({.config = config, .max_sequences = sequences});
  const absl::Status installed = engine.InstallPolicy(std::make_shared<const Policy>(
      Policy{{},
             model::PackedNetwork(model::Parameters::FromSeed(config, 1),
                                  kernels::Kernels(kernels::BestInstructionSet()))}));
  if (!installed.ok()) return 1;
  std::vector<FinishedSample> finished;
  double best = 0;
  double best_cpu = 0;
  for (int round = 0; round < rounds; ++round) {
    for (int32_t group = 0; group < sequences / 8; ++group) {
      GenerationRequest request;
      request.id = static_cast<uint64_t>(group);
      request.random_key = static_cast<uint64_t>(round * 1000 + group);
      request.prompt = {1, 15, 117, 17, 117, 16, 114, 47, 116};
      request.samples = 8;
      request.max_response_tokens = response;
      if (!engine.Add(std::move(request)).ok()) return 1;
    }
    finished.clear();
    const uint64_t tokens = engine.counters().tokens_generated;
    const double start = Now();
    const std::clock_t cpu_start = std::clock();
    while (engine.Step(finished)) {
    }
    const double seconds = Now() - start;
    const double cpu_seconds = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
    const auto made = static_cast<double>(engine.counters().tokens_generated - tokens);
    best = std::max(best, made / seconds);
    best_cpu = std::max(best_cpu, made / cpu_seconds);
  }
  const EngineCounters counters = engine.counters();
  nlohmann::json result = {{"sequences", sequences},    {"response_tokens", response},
                           {"tokens_per_second", best}, {"tokens_per_cpu_second", best_cpu},
                           {"steps", counters.steps},   {"rows", counters.rows}};
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace gyre::engine

int main(int argc, char** argv) {
  const auto number = [&](int index, int otherwise) {
    return argc > index ? std::atoi(argv[index]) : otherwise;
  };
  return gyre::engine::Run(number(1, 128), number(2, 120), number(3, 10));
}

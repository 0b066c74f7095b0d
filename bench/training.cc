// How fast one learner rank trains the demo's network (recipes/countdown_zero.textproto) on random
// tokens: sft steps of 16 examples of 45 tokens, and rl steps of 16 groups of 8 samples with
// prompts of 9 and responses of 90 to 150 tokens, which is one of two ranks' share. Usage:
// bench_training [STEPS [MICRO_BATCH_TOKENS [RL_STEPS]]]. Prints one JSON object: tokens a second
// by the processor's time (which other processes do not count in) and the milliseconds of a step by
// phase.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "learner/trainer.h"
#include "model/parameters.h"
#include "nlohmann/json.hpp"

namespace gyre::learner {
namespace {

constexpr double kFlopsPerToken = 2.35e6;  // 6 · 392,352

double ProcessorSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

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

class Bench {
 public:
  explicit Bench(uint32_t micro_batch_tokens)
      : micro_batch_tokens_(micro_batch_tokens),
        trainer_(model::Parameters::FromSeed(CountdownConfig(), 1),
                 kernels::Kernels(kernels::BestInstructionSet()), alone_) {}

  nlohmann::ordered_json Sft(int steps) {
    StageSpec stage;
    stage.mutable_sft()->set_steps(2400);
    stage.mutable_sft()->set_micro_batch_tokens(micro_batch_tokens_);
    stage.mutable_sft()->mutable_optimizer()->set_learning_rate(1e-3f);
    if (!trainer_.BeginStage(stage).ok()) std::abort();
    std::vector<SftExample> share(16);
    int64_t tokens = 0;
    for (SftExample& example : share) {
      example.prompt_tokens = 9;
      example.token_ids = Tokens(45);
      tokens += 45;
    }
    return Time("sft", steps, tokens, [&](uint32_t step) {
      return trainer_.SftStep({step, step}, share);
    });
  }

  nlohmann::ordered_json Rl(int steps) {
    StageSpec stage;
    stage.mutable_rl()->set_steps(60);
    stage.mutable_rl()->set_micro_batch_tokens(micro_batch_tokens_);
    stage.mutable_rl()->mutable_optimizer()->set_learning_rate(1e-4f);
    if (!trainer_.BeginStage(stage).ok()) std::abort();
    std::vector<std::vector<TrainGroup>> share(1);
    int64_t tokens = 0;
    for (int g = 0; g < 16; ++g) {
      TrainGroup& group = share[0].emplace_back();
      group.set_temperature(1);
      const std::vector<int32_t> prompt = Tokens(9);
      group.mutable_prompt_token_ids()->Add(prompt.begin(), prompt.end());
      group.mutable_totals()->set_train_tokens(1);
      for (int s = 0; s < 8; ++s) {
        const std::vector<int32_t> response = Tokens(90 + generator_() % 61);
        tokens += 9 + static_cast<int64_t>(response.size());
        Span& span = *group.add_samples()->add_spans();
        span.set_origin(Span::POLICY);
        span.mutable_token_ids()->Add(response.begin(), response.end());
        for (size_t i = 0; i < response.size(); ++i) span.add_log_probs(-4.7f);
        GroupTotals::SampleTotal& total = *group.mutable_totals()->add_samples();
        total.set_scored(true);
        total.set_total(s % 3);
      }
    }
    return Time("rl", steps, tokens, [&](uint32_t step) {
      return trainer_.RlStep({step, step}, share, {});
    });
  }

 private:
  std::vector<int32_t> Tokens(uint32_t count) {
    std::vector<int32_t> tokens(count);
    for (int32_t& token : tokens) token = static_cast<int32_t>(generator_() % 119);
    return tokens;
  }

  template <typename Step>
  nlohmann::ordered_json Time(const char* name, int steps, int64_t tokens, Step step) {
    double best = 1e30;
    std::vector<double> all;
    StepMetrics last;
    for (int i = 0; i < steps; ++i) {
      const double start = ProcessorSeconds();
      const auto metrics = step(static_cast<uint32_t>(i));
      const double seconds = ProcessorSeconds() - start;
      if (!metrics.ok()) std::abort();
      last = *metrics;
      all.push_back(seconds);
      best = std::min(best, seconds);
    }
    std::sort(all.begin(), all.end());
    const double median = all[all.size() / 2];
    nlohmann::ordered_json result;
    result["tokens_per_step"] = tokens;
    result["tokens_per_second"] = static_cast<double>(tokens) / median;
    result["tokens_per_second_best"] = static_cast<double>(tokens) / best;
    result["gflops"] = static_cast<double>(tokens) * kFlopsPerToken / median / 1e9;
    result["step_milliseconds"] = median * 1e3;
    for (const auto& [phase, seconds] : last.step_seconds())
      result["last_step_milliseconds"][phase] = seconds * 1e3;
    std::printf("%-3s  %5ld tokens a step  %8.2f ms  %9.0f tokens/s  %6.1f GFLOP/s\n", name,
                static_cast<long>(tokens), median * 1e3, static_cast<double>(tokens) / median,
                static_cast<double>(tokens) * kFlopsPerToken / median / 1e9);
    return result;
  }

  uint32_t micro_batch_tokens_;
  std::mt19937 generator_{1};
  LocalCollectives alone_;
  Trainer trainer_;
};

int Run(int steps, uint32_t micro_batch_tokens, int rl_steps) {
  Bench bench(micro_batch_tokens);
  nlohmann::ordered_json result;
  if (steps > 0) result["sft"] = bench.Sft(steps);
  if (rl_steps > 0) result["rl"] = bench.Rl(rl_steps);
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace gyre::learner

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 100;
  const int micro_batch_tokens = argc > 2 ? std::atoi(argv[2]) : 8192;
  const int rl_steps = argc > 3 ? std::atoi(argv[3]) : 5;
  return gyre::learner::Run(steps, static_cast<uint32_t>(micro_batch_tokens), rl_steps);
}

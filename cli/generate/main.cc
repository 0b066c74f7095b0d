// gyre-generate, which `gyre generate` runs: continues the prompts of a file with a model. The last
// line on stdout is what was done as JSON. Exit codes: 0 done, 1 failed (one line on standard error
// says why), 2 wrong usage.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>

#include "absl/strings/str_format.h"
#include "cli/command/command_line.h"
#include "cli/command/progress_line.h"
#include "cli/generate/generate.h"
#include "nlohmann/json.hpp"

namespace gyre::cli {
namespace {

// A progress line on a terminal; otherwise a line now and then.
class Progress {
 public:
  void Show(const GenerateProgress& progress) {
    if (progress.seconds < next_) return;
    next_ = progress.seconds + Interval();
    const std::string text = absl::StrFormat(
        "%d of %d samples, %d tokens, %.0f tokens/s", progress.finished, progress.samples,
        progress.tokens, static_cast<double>(progress.tokens) / std::max(progress.seconds, 1e-9));
    if (line_.is_terminal()) {
      line_.Show(text);
    } else {
      std::fprintf(stderr, "%s\n", text.c_str());
    }
  }
  void Clear() const { line_.Clear(); }

 private:
  double Interval() const { return line_.is_terminal() ? 0.2 : 10.0; }

  const ProgressLine line_;
  double next_ = Interval();
};

std::string Line(const GenerateResult& result) {
  const engine::EngineCounters& counters = result.counters;
  const model::WorkSeconds& work = result.work_seconds;
  const nlohmann::ordered_json json = {
      {"prompts", result.prompts},
      {"samples", result.samples},
      {"tokens", counters.tokens_generated},
      {"prefill_tokens", counters.prefill_tokens_computed},
      {"recomputed_tokens", counters.recomputed_tokens},
      {"preemptions", counters.preemptions},
      {"steps", counters.steps},
      {"seconds", result.seconds},
      {"tokens_per_second", static_cast<double>(counters.tokens_generated) / result.seconds},
      {"seconds_by_work",
       {{"matrices", work[model::WorkKind::kMatrices]},
        {"attention", work[model::WorkKind::kAttention]},
        {"norms_rope_cache", work[model::WorkKind::kRows]},
        {"draws", work[model::WorkKind::kDraws]}}}};
  return json.dump();
}

void Declare(CLI::App& app, GenerateOptions& options, int& kv_memory_mib) {
  app.add_option("--model", options.model, "HF folder or .gguf file")->required();
  app.add_option("--in", options.in, "lines {\"prompt\": text} or {\"prompt_tokens\": [ids]}")
      ->required();
  app.add_option("--out", options.out, "the .jsonl file of samples")->required();
  app.add_option("--samples", options.samples, "of each prompt")->check(CLI::Range(1, 1 << 20));
  app.add_option("--max-tokens", options.max_tokens, "of a sample")->check(CLI::Range(1, 1 << 24));
  app.add_option("--temperature", options.sampling.temperature, "0: greedy");
  app.add_option("--top-k", options.sampling.truncation.top_k, "likeliest tokens; 0: all");
  app.add_option("--top-p", options.sampling.truncation.top_p, "of the probability");
  app.add_option("--min-p", options.sampling.truncation.min_p, "of the likeliest token's");
  app.add_option("--seed", options.seed, "of the draws")
      ->check(CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max()));
  app.add_flag("--ignore-eos", options.ignore_eos, "go on past end tokens");
  app.add_option("--stop", options.stop, "a string that ends a sample; repeatable")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  AddThreads(app, options.threads);
  app.add_option("--max-sequences", options.max_sequences, "decoded together")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str();
  app.add_option("--kv-memory-mib", kv_memory_mib, "of the key-value cache, at most")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
}

int Run(int argc, char** argv) {
  GenerateOptions options;
  int kv_memory_mib = 4096;
  CLI::App app{"Continues prompts with a model"};
  app.name("gyre generate");
  Declare(app, options, kv_memory_mib);
  if (const auto exit_code = ParseCommand(app, argc, argv)) return *exit_code;
  options.kv_memory_bytes = int64_t{kv_memory_mib} << 20;
  Progress progress;
  const absl::StatusOr<GenerateResult> result =
      Generate(options, [&](const GenerateProgress& so_far) { progress.Show(so_far); });
  progress.Clear();
  if (!result.ok()) return Ended("generate", result.status());
  return EndedWithLine("generate", Line(*result));
}

}  // namespace
}  // namespace gyre::cli

int main(int argc, char** argv) { return gyre::cli::Run(argc, argv); }

// gyre-eval, which `gyre eval` runs: samples answers to problems and judges them. The last line on
// stdout is the result as JSON, with the names that summary.json has (docs/run_directory.md). Exit
// codes: 0 done, 1 failed, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <limits>

#include "absl/strings/str_cat.h"
#include "cli/command/command_line.h"
#include "cli/command/progress_line.h"
#include "cli/eval/evaluate.h"
#include "nlohmann/json.hpp"

namespace {

// A mean without a scored sample is no number: null.
std::string Line(const gyre::EvalResult& result) {
  const nlohmann::ordered_json json = {
      {"problems", result.problems()},
      {"samples_per_prompt", result.samples_per_problem()},
      {"accuracy", result.accuracy()},
      {"majority_accuracy", result.majority_accuracy()},
      {"pass_at_k", result.pass_at_k()},
      {"mean_response_tokens", result.mean_response_tokens()},
      {"mean_finished_response_tokens", result.mean_finished_response_tokens()},
      {"truncated_fraction", result.truncated_fraction()},
      {"unscored_samples", result.unscored_samples()}};
  return json.dump();
}

}  // namespace

int main(int argc, char** argv) {
  gyre::cli::EvalOptions options;
  CLI::App app{"Samples answers to problems with a model and judges them"};
  app.name("gyre eval");
  app.add_option("--model", options.model,
                 "HF folder or .gguf file, e.g. runs/demo/checkpoints/step-2460")
      ->required();
  app.add_option("--problems", options.problems,
                 "countdown:held_out, countdown:train or a .jsonl file")
      ->required();
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  app.add_option("--max-problems", options.max_problems, "the first so many; 0: all")
      ->check(CLI::Range(int64_t{0}, kAny));
  app.add_option("--samples", options.samples, "for each problem")->check(CLI::Range(1, 1 << 16));
  app.add_option("--max-tokens", options.max_tokens, "of a response")
      ->check(CLI::Range(1, 1 << 24));
  app.add_option("--temperature", options.temperature, "0: greedy")->check(CLI::NonNegativeNumber);
  app.add_option("--seed", options.seed, "of the draws")->check(CLI::Range(int64_t{0}, kAny));
  app.add_option("--template", options.prompt_template, "PLAIN or R1_ZERO");
  app.add_option("--max-sequences", options.max_sequences, "decoded together")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--out", options.out, "write each sample with its outcome to this .jsonl file");
  if (const auto exit_code = gyre::cli::ParseCommand(app, argc, argv)) return *exit_code;
  const gyre::cli::ProgressLine progress;
  const absl::StatusOr<gyre::EvalResult> result =
      gyre::cli::Evaluate(options, [&](uint64_t done, uint64_t all) {
        progress.Show(absl::StrCat(done, " of ", all, " samples"));
      });
  progress.Clear();
  if (!result.ok()) return gyre::cli::Ended("eval", result.status());
  return gyre::cli::EndedWithLine("eval", Line(*result));
}

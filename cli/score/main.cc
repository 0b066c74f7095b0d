// gyre-score, which `gyre score` runs: log-probs of given tokens. The last line on stdout is a
// summary as JSON. Exit codes: 0 done, 1 failed, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "cli/command/command_line.h"
#include "cli/command/progress_line.h"
#include "cli/score/score.h"
#include "nlohmann/json.hpp"

namespace {

using gyre::cli::ScoreResult;

double TokensPerSecond(const ScoreResult& result) {
  return result.seconds > 0 ? static_cast<double>(result.tokens) / result.seconds : 0;
}

std::string Progress(const ScoreResult& result) {
  return absl::StrFormat("%d sequences, %d tokens, %.0f tokens/s", result.sequences, result.tokens,
                         TokensPerSecond(result));
}

std::string Line(const ScoreResult& result) {
  const int64_t scored = result.tokens - result.sequences;
  nlohmann::ordered_json json = {{"sequences", result.sequences},
                                 {"tokens", result.tokens},
                                 {"mean_logprob", nullptr},
                                 {"seconds", result.seconds},
                                 {"tokens_per_second", TokensPerSecond(result)}};
  if (scored > 0) json["mean_logprob"] = result.sum_logprob / static_cast<double>(scored);
  return json.dump();
}

}  // namespace

int main(int argc, char** argv) {
  gyre::cli::ScoreOptions options;
  CLI::App app{"Log-probs of given tokens, by the learner's own forward pass"};
  app.name("gyre score");
  app.add_option("--model", options.model, "HF folder or .gguf file")->required();
  app.add_option("--in", options.in, "a .jsonl file: {\"tokens\": [...]}")->required();
  app.add_option("--out", options.out, "the same lines with \"logprobs\": [null, ...]")->required();
  app.add_option("--temperature", options.temperature, "that the logits are divided by")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--batch-rows", options.batch_rows, "tokens that are computed together")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  gyre::cli::AddThreads(app, options.threads);
  if (const auto exit_code = gyre::cli::ParseCommand(app, argc, argv)) return *exit_code;
  const gyre::cli::ProgressLine progress;
  const absl::StatusOr<ScoreResult> result =
      gyre::cli::Score(options, [&](const ScoreResult& done) { progress.Show(Progress(done)); });
  progress.Clear();
  if (!result.ok()) return gyre::cli::Ended("score", result.status());
  return gyre::cli::EndedWithLine("score", Line(*result));
}

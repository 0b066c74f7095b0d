// gyre-score, which `gyre score` runs: log-probs of given tokens. The last line on stdout is a
// summary as JSON. Exit codes: 0 done, 1 failed, 2 wrong usage.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/score/score.h"
#include "nlohmann/json.hpp"

namespace {

using gyre::cli::ScoreResult;

double TokensPerSecond(const ScoreResult& result) {
  return result.seconds > 0 ? static_cast<double>(result.tokens) / result.seconds : 0;
}

void ShowProgress(const ScoreResult& result) {
  if (!isatty(STDERR_FILENO)) return;
  std::fprintf(stderr, "\r%ld sequences, %ld tokens, %.0f tokens/s",
               static_cast<long>(result.sequences), static_cast<long>(result.tokens),
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::StatusOr<ScoreResult> result = gyre::cli::Score(options, ShowProgress);
  if (isatty(STDERR_FILENO)) std::fputs("\r\033[K", stderr);
  if (!result.ok()) {
    std::fprintf(stderr, "gyre score: %s\n", std::string(result.status().message()).c_str());
    return 1;
  }
  std::puts(Line(*result).c_str());
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  std::fputs("gyre score: standard output cannot be written to\n", stderr);
  return 1;
}

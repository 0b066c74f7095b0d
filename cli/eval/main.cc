// gyre-eval, which `gyre eval` runs: samples answers to problems and judges them. The last line on
// stdout is the result as JSON (EvalResult of proto/coordinator.proto). Exit codes: 0 done, 1
// failed, 2 wrong usage.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/eval/evaluate.h"
#include "google/protobuf/util/json_util.h"

namespace {

void ShowProgress(uint64_t done, uint64_t all) {
  if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%lu of %lu samples", done, all);
}

}  // namespace

int main(int argc, char** argv) {
  gyre::cli::EvalOptions options;
  CLI::App app{"Samples answers to problems with a model and judges them"};
  app.name("gyre eval");
  app.add_option("--model", options.model, "HF folder, e.g. runs/demo/checkpoints/step-2460")
      ->required();
  app.add_option("--problems", options.problems,
                 "countdown:held_out, countdown:train or a .jsonl file")
      ->required();
  app.add_option("--max-problems", options.max_problems, "the first so many; 0: all");
  app.add_option("--samples", options.samples, "for each problem")->check(CLI::PositiveNumber);
  app.add_option("--max-tokens", options.max_tokens, "of a response")->check(CLI::PositiveNumber);
  app.add_option("--temperature", options.temperature, "0: greedy")->check(CLI::NonNegativeNumber);
  app.add_option("--seed", options.seed, "of the draws");
  app.add_option("--template", options.prompt_template, "PLAIN or R1_ZERO");
  app.add_option("--max-sequences", options.max_sequences, "decoded together")
      ->check(CLI::PositiveNumber);
  app.add_option("--out", options.out, "write each sample with its outcome to this .jsonl file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  absl::StatusOr<gyre::EvalResult> result = gyre::cli::Evaluate(options, ShowProgress);
  if (isatty(STDERR_FILENO)) std::fputs("\r\033[K", stderr);
  if (!result.ok()) {
    std::fprintf(stderr, "gyre eval: %s\n", std::string(result.status().message()).c_str());
    return 1;
  }
  google::protobuf::util::JsonPrintOptions format;
  format.preserve_proto_field_names = true;
  format.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(*result, &json, format).ok()) return 1;
  std::puts(json.c_str());
  return 0;
}

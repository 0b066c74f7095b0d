// gyre-tokenize, which `gyre tokenize` runs: texts to token ids and back, line by line. Exit codes:
// 0 done, 1 failed (one line on standard error says why), 2 wrong usage.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/command/command_line.h"
#include "cli/tokenize/tokenize.h"
#include "spec/model_tokenizer.h"

namespace gyre::cli {
namespace {

int Run(int argc, char** argv) {
  std::string model;
  bool decode = false;
  CLI::App app{
      "Each line of standard input, a JSON string, becomes a JSON array of token ids on standard "
      "output"};
  app.name("gyre tokenize");
  app.add_option("--model", model, "HF folder or .gguf file")->required();
  app.add_flag("--decode", decode, "the other way: arrays of ids become strings");
  if (const auto exit_code = ParseCommand(app, argc, argv)) return *exit_code;
  absl::StatusOr<std::unique_ptr<text::Tokenizer>> tokenizer = spec::LoadModelTokenizer(model);
  if (!tokenizer.ok()) return Ended("tokenize", tokenizer.status());
  std::ios::sync_with_stdio(false);
  return Ended(
      "tokenize",
      Tokenize(**tokenizer, decode ? TokenizeDirection::kDecode : TokenizeDirection::kEncode,
               std::cin, std::cout));
}

}  // namespace
}  // namespace gyre::cli

int main(int argc, char** argv) { return gyre::cli::Run(argc, argv); }

// gyre-tokenize, which `gyre tokenize` runs: texts to token ids and back, line by line. Exit codes:
// 0 done, 1 failed (one line on standard error says why), 2 wrong usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/tokenize/tokenize.h"
#include "spec/model_tokenizer.h"

namespace gyre::cli {
namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "gyre tokenize: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Run(int argc, char** argv) {
  std::string model;
  bool decode = false;
  CLI::App app{
      "Each line of standard input, a JSON string, becomes a JSON array of token ids on standard "
      "output"};
  app.name("gyre tokenize");
  app.add_option("--model", model, "HF folder or .gguf file")->required();
  app.add_flag("--decode", decode, "the other way: arrays of ids become strings");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  absl::StatusOr<std::unique_ptr<text::Tokenizer>> tokenizer = spec::LoadModelTokenizer(model);
  if (!tokenizer.ok()) return Fail(tokenizer.status());
  std::ios::sync_with_stdio(false);
  const absl::Status status =
      Tokenize(**tokenizer, decode ? TokenizeDirection::kDecode : TokenizeDirection::kEncode,
               std::cin, std::cout);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace
}  // namespace gyre::cli

int main(int argc, char** argv) { return gyre::cli::Run(argc, argv); }

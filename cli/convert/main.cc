// gyre-convert, which `gyre convert` runs: writes a model as a Hugging Face folder. The last line
// on stdout is a summary as JSON. Exit codes: 0 done, 1 failed, 2 wrong usage.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/convert/convert.h"
#include "nlohmann/json.hpp"

namespace {

using gyre::cli::Converted;

void ShowProgress(const Converted& done) {
  if (!isatty(STDERR_FILENO)) return;
  std::fprintf(stderr, "\r%lu of %lu tensors, %.2f GB", static_cast<unsigned long>(done.tensors),
               static_cast<unsigned long>(done.all_tensors),
               static_cast<double>(done.parameters) * sizeof(float) / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  gyre::cli::ConvertOptions options;
  CLI::App app{"Writes a model as a Hugging Face folder in f32"};
  app.name("gyre convert");
  app.add_option("--model", options.model, ".gguf file or HF folder")->required();
  app.add_option("--out", options.out, "the folder to make; it must not be there")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::StatusOr<Converted> result = gyre::cli::Convert(options, ShowProgress);
  if (isatty(STDERR_FILENO)) std::fputs("\r\033[K", stderr);
  if (!result.ok()) {
    std::fprintf(stderr, "gyre convert: %s\n", std::string(result.status().message()).c_str());
    return 1;
  }
  const nlohmann::ordered_json summary = {
      {"folder", options.out}, {"tensors", result->tensors}, {"parameters", result->parameters}};
  std::puts(summary.dump().c_str());
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  std::fputs("gyre convert: standard output cannot be written to\n", stderr);
  return 1;
}

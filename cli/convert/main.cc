// gyre-convert, which `gyre convert` runs: writes a model as a Hugging Face folder. The last line
// on stdout is a summary as JSON. Exit codes: 0 done, 1 failed, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "cli/command/command_line.h"
#include "cli/command/progress_line.h"
#include "cli/convert/convert.h"
#include "nlohmann/json.hpp"

namespace {

using gyre::cli::Converted;

std::string Progress(const Converted& done) {
  return absl::StrFormat("%d of %d tensors, %.2f GB", done.tensors, done.all_tensors,
                         static_cast<double>(done.parameters) * sizeof(float) / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  gyre::cli::ConvertOptions options;
  CLI::App app{"Writes a model as a Hugging Face folder in f32"};
  app.name("gyre convert");
  app.add_option("--model", options.model, ".gguf file or HF folder")->required();
  app.add_option("--out", options.out, "the folder to make; it must not be there")->required();
  if (const auto exit_code = gyre::cli::ParseCommand(app, argc, argv)) return *exit_code;
  const gyre::cli::ProgressLine progress;
  const absl::StatusOr<Converted> result =
      gyre::cli::Convert(options, [&](const Converted& done) { progress.Show(Progress(done)); });
  progress.Clear();
  if (!result.ok()) return gyre::cli::Ended("convert", result.status());
  const nlohmann::ordered_json summary = {
      {"folder", options.out}, {"tensors", result->tensors}, {"parameters", result->parameters}};
  return gyre::cli::EndedWithLine("convert", summary.dump());
}

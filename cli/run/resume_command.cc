#include "cli/run/resume_command.h"

#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace gyre::cli {
namespace {

// Relative if it lies below the present folder, which reads better.
std::string BinaryPath(const std::string& binary_folder) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  const std::filesystem::path path = std::filesystem::path(binary_folder) / "gyre";
  const std::string relative = path.lexically_relative(here).string();
  const bool below = !error && !relative.empty() && !absl::StartsWith(relative, "..");
  if (!below) return path.string();
  return absl::StrContains(relative, '/') ? relative : absl::StrCat("./", relative);
}

}  // namespace

std::string ShellWord(const std::string& text) {
  bool plain = !text.empty();
  for (const char c : text) {
    plain &= absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
             absl::string_view("_-+=./,:@%").find(c) != absl::string_view::npos;
  }
  if (plain) return text;
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string ResumeCommand(const RunOptions& options) {
  std::string command =
      absl::StrCat(ShellWord(BinaryPath(options.binary_folder)), " run ",
                   ShellWord(options.spec_path), " --run-dir ", ShellWord(options.run_dir));
  for (const std::string& assignment : options.overrides) {
    absl::StrAppend(&command, " --set ", ShellWord(assignment));
  }
  if (options.quiet) absl::StrAppend(&command, " --quiet");
  if (options.serve_metrics) absl::StrAppend(&command, " --metrics");
  if (options.port != 0) absl::StrAppend(&command, " --port ", options.port);
  return command + " --resume";
}

}  // namespace gyre::cli

// gyre-grade, which `gyre grade` runs: verdicts on answers, without a service. The last line on
// stdout is a summary as JSON. Exit codes: 0 done, 1 failed (one line on standard error says why),
// 2 wrong usage.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/grade/grade_math.h"

namespace {

using gyre::cli::GradeMathOptions;
using gyre::cli::GradeMathResult;

double PairsPerSecond(const GradeMathResult& result) {
  return result.seconds > 0 ? static_cast<double>(result.counts.all()) / result.seconds : 0;
}

void ShowProgress(const GradeMathResult& result) {
  if (!isatty(STDERR_FILENO)) return;
  std::fprintf(stderr, "\r%ld pairs, %.0f pairs/s", static_cast<long>(result.counts.all()),
               PairsPerSecond(result));
}

std::string Line(const GradeMathResult& result) {
  const nlohmann::ordered_json json = {{"pairs", result.counts.all()},
                                       {"equal", result.counts.equal},
                                       {"different", result.counts.different},
                                       {"unknown", result.counts.unknown},
                                       {"unreadable_references", result.unreadable_references},
                                       {"seconds", result.seconds},
                                       {"pairs_per_second", PairsPerSecond(result)},
                                       {"slowest_microseconds", result.slowest_microseconds}};
  return json.dump();
}

int Fail(const char* command, const std::string& message) {
  std::fprintf(stderr, "gyre grade %s: %s\n", command, message.c_str());
  return 1;
}

int Math(const GradeMathOptions& options) {
  const absl::StatusOr<GradeMathResult> result = gyre::cli::GradeMath(options, ShowProgress);
  if (isatty(STDERR_FILENO)) std::fputs("\r\033[K", stderr);
  if (!result.ok()) return Fail("math", std::string(result.status().message()));
  std::fputs(gyre::cli::GradeTable(*result).c_str(), stdout);
  std::puts(Line(*result).c_str());
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  return Fail("math", "standard output cannot be written to");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Verdicts on answers, as the rewarders give them"};
  app.name("gyre grade");
  app.require_subcommand(1);
  GradeMathOptions options;
  CLI::App& math = *app.add_subcommand("math", "answers in mathematics against references");
  math.add_option("--in", options.in,
                  "a .jsonl file: {\"gold\", \"answer\"} or {\"gold\", \"completion\"}")
      ->required();
  math.add_option("--out", options.out, "the same lines with \"equal\", \"rule\", \"microseconds\"")
      ->required();
  math.add_option("--preset", options.preset, "what counts as the same where graders differ")
      ->check(CLI::IsMember({"default", "strict", "math_verify", "minerva"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Math(options);
}

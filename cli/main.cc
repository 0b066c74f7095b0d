// gyre: runs a recipe on this machine, and the commands around it. `gyre NAME` with a NAME that is
// not its own executes gyre-NAME beside it, which is how commands that need LibTorch come in.
// Exit codes: 0 done, 1 failed, 2 wrong usage, 130 a run was stopped and can be resumed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/command/command_line.h"
#include "cli/report/report.h"
#include "cli/run/run_command.h"
#include "cli/status_command.h"
#include "data/countdown_files.h"
#include "spec/load_spec.h"
#include "spec/run_estimate.h"

namespace gyre::cli {
namespace {

std::string BinaryFolder() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : self.parent_path().string();
}

// Executes gyre-NAME if it is there; returns if it is not.
void ExecuteBeside(char** argv) {
  const std::string path = BinaryFolder() + "/gyre-" + argv[1];
  if (access(path.c_str(), X_OK) != 0) return;
  execv(path.c_str(), argv + 1);
  std::fprintf(stderr, "gyre: cannot run %s: %s\n", path.c_str(), std::strerror(errno));
  std::exit(kFailed);
}

bool IsOwnCommand(const CLI::App& app, absl::string_view name) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == name) return true;
  }
  return false;
}

bool WantsColours() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::strcmp(terminal, "dumb") != 0);
}

bool IsLiveTerminal() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

void AddRun(CLI::App& app, RunOptions& options) {
  CLI::App& run = *app.add_subcommand("run", "the whole run of a spec on this machine");
  run.add_option("SPEC", options.spec_path, "run spec, such as recipes/countdown_zero.textproto")
      ->required();
  run.add_option("--run-dir", options.run_dir, "folder for everything of the run")->required();
  run.add_option("--set", options.overrides, "PATH=VALUE, such as stage[1].rl.steps=5; repeatable")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  run.add_flag("--resume", options.resume, "go on with the run in --run-dir");
  run.add_flag("--quiet", options.quiet, "show only what goes wrong, and the result");
  run.add_flag("--metrics", options.serve_metrics,
               "let each process serve Prometheus metrics; ports.json says where");
  run.add_option("--port", options.port, "of the coordinator; default: a free one")
      ->check(CLI::Range(1, 65535));
}

int Check(const std::string& spec_path, const std::vector<std::string>& overrides) {
  const auto spec = spec::LoadSpec(spec_path, overrides);
  if (!spec.ok()) {
    std::fprintf(stderr, "%s\n", std::string(spec.status().message()).c_str());
    return kFailed;
  }
  const auto estimate = spec::EstimateRun(*spec);
  if (!estimate.ok()) return Ended("check", estimate.status());
  std::fputs(spec::FormatEstimate(*spec, *estimate).c_str(), stdout);
  return Flushed("check");
}

struct DataOptions {
  std::string split = "train";
  uint64_t count = 0;
  uint64_t seed = 1;
  std::string out;
};

// A whole number: by itself CLI11 takes -1 for the largest one there is.
CLI::Range UpTo(int64_t most) { return CLI::Range(int64_t{0}, most); }

void AddData(CLI::App& app, DataOptions& options) {
  CLI::App& data = *app.add_subcommand("data", "writes problems or examples to a file");
  data.require_subcommand(1);
  CLI::App& countdown = *data.add_subcommand("countdown", "of the demo's task");
  countdown.add_option("--split", options.split, "train or held_out (problems), traces (examples)")
      ->check(CLI::IsMember({"train", "held_out", "traces"}))
      ->capture_default_str();
  countdown.add_option("--count", options.count, "lines; 0: all problems once")
      ->check(UpTo(1'000'000'000));
  countdown.add_option("--seed", options.seed)
      ->check(UpTo(std::numeric_limits<int64_t>::max()))
      ->capture_default_str();
  countdown.add_option("--out", options.out, "the .jsonl file")->required();
}

int Main(int argc, char** argv) {
  CLI::App app("Gyre trains language models to reason. `gyre NAME` executes gyre-NAME, too.");
  app.name("gyre");
  app.require_subcommand(1);
  RunOptions run_options;
  AddRun(app, run_options);
  std::string run_dir, spec_path;
  std::vector<std::string> overrides;
  CLI::App& status = *app.add_subcommand("status", "what runs, and what waits for what");
  status.add_option("RUN_DIR", run_dir)->required();
  CLI::App& check = *app.add_subcommand("check", "what a spec would do; every fault with its line");
  check.add_option("SPEC", spec_path)->required();
  check.add_option("--set", overrides, "PATH=VALUE; repeatable")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  CLI::App& report = *app.add_subcommand("report", "writes report.html of a run");
  report.add_option("RUN_DIR", run_dir)->required();
  DataOptions data_options;
  AddData(app, data_options);
  app.footer(
      "Executed beside it, as gyre-NAME: gyre chat, convert, eval, generate, grade, score, "
      "tokenize.");

  if (argc > 1 && argv[1][0] != '-' && !IsOwnCommand(app, argv[1])) {
    ExecuteBeside(argv);
    std::fprintf(stderr, "gyre: there is no command \"%s\"; see gyre --help\n", argv[1]);
    return kWrongUsage;
  }
  if (const auto exit_code = ParseCommand(app, argc, argv)) return *exit_code;
  if (app.got_subcommand("run")) {
    run_options.binary_folder = BinaryFolder();
    run_options.is_terminal = IsLiveTerminal();
    run_options.with_colours = WantsColours();
    return RunCommand(run_options);
  }
  if (app.got_subcommand("status")) {
    const int code = StatusCommand(run_dir);
    return code == 0 ? Flushed("status") : code;
  }
  if (app.got_subcommand("check")) return Check(spec_path, overrides);
  if (app.got_subcommand("report")) {
    const int code = Ended("report", WriteReport(run_dir));
    if (code == 0) std::printf("%s/report.html\n", run_dir.c_str());
    return code == 0 ? Flushed("report") : code;
  }
  return Ended("data", data::WriteCountdownFile(data_options.split, data_options.count,
                                                data_options.seed, data_options.out));
}

}  // namespace
}  // namespace gyre::cli

int main(int argc, char** argv) { return gyre::cli::Main(argc, argv); }

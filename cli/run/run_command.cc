#include "cli/run/run_command.h"

#include <cstdio>
#include <memory>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "cli/report/report.h"
#include "cli/run/free_port.h"
#include "cli/run/local_run.h"
#include "cli/run/resume_command.h"
#include "cli/run/run_directory.h"
#include "cli/run/run_result.h"
#include "rpc/grpc_log.h"
#include "spdlog/spdlog.h"
#include "spec/load_spec.h"

namespace gyre::cli {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kStopped = 130;

int Fail(absl::string_view message) {
  for (const absl::string_view line : absl::StrSplit(message, '\n')) {
    std::fprintf(stderr, "gyre run: %s\n", std::string(line).c_str());
  }
  return kFailed;
}

// Unguessable for other users of this machine.
std::string MakeRunToken() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) absl::StrAppendFormat(&token, "%08x", random());
  return token;
}

// The coordinator's port, then those of the metrics.
absl::StatusOr<std::vector<int>> FindPorts(const RunOptions& options, const RunSpec& spec) {
  if (options.port != 0) {
    const absl::Status is_free = CheckPortFree(options.port);
    if (!is_free.ok()) {
      return absl::UnavailableError(
          absl::StrCat(is_free.message(), "; choose another --port, or leave it out"));
    }
  }
  GYRE_ASSIGN_OR_RETURN(
      std::vector<int> ports,
      FindFreePorts(1 + (options.serve_metrics ? NumProcesses(spec) : 0), options.port));
  if (options.port != 0) ports[0] = options.port;
  return ports;
}

RunPlan MakePlan(const RunOptions& options, const std::vector<int>& ports,
                 const RunDirectory& directory) {
  RunPlan plan;
  plan.binary_folder = options.binary_folder;
  plan.run_dir = directory.path();
  plan.spec_path = directory.spec_path();
  plan.run_token = MakeRunToken();
  plan.resume = options.resume;
  plan.coordinator_address = absl::StrCat("127.0.0.1:", ports[0]);
  plan.metrics_ports.assign(ports.begin() + 1, ports.end());
  return plan;
}

std::unique_ptr<RunView> MakeView(const RunOptions& options) {
  if (options.quiet) return MakeQuietView();
  return options.is_terminal ? MakeLiveView(options.with_colours) : MakePlainView();
}

// Table and report; true if both could be made.
bool PrintResult(const RunOptions& options, const std::vector<std::string>& usage) {
  const auto table = ResultTable(options.run_dir);
  if (table.ok()) {
    std::printf("\n%s", table->c_str());
    for (const std::string& sentence : usage) std::printf("%s\n", sentence.c_str());
  } else {
    Fail(table.status().message());
  }
  const absl::Status report = WriteReport(options.run_dir);
  if (report.ok()) {
    std::printf("\nreport: %s/report.html\n", options.run_dir.c_str());
  } else {
    Fail(report.message());
  }
  if (std::fflush(stdout) != 0) Fail("the result cannot be written to standard output");
  return table.ok() && report.ok() && std::ferror(stdout) == 0;
}

// What helps after a failure that the failure's sentence leaves open.
std::string WhatToDo(const std::string& failure, const RunOptions& options) {
  const bool full = absl::StrContains(failure, "No space left on device") ||
                    absl::StrContains(failure, "disk is full");
  if (!full) return "";
  return absl::StrCat(absl::StrContains(failure, "make room") ? "; " : "; make room, then ",
                      "go on with: ", ResumeCommand(options));
}

int Finish(const RunOptions& options, const LocalRun& run, LocalRun::Ending ending) {
  if (ending == LocalRun::Ending::kFinished) {
    if (RunStatus(options.run_dir) != "finished") {
      return Fail(absl::StrCat(options.run_dir, "/summary.json does not say that the run is ",
                               "complete; go on with: ", ResumeCommand(options)));
    }
    return PrintResult(options, run.usage().Sentences()) ? kDone : kFailed;
  }
  // For whoever wants to see how far it came; without one the reason to stop is what counts.
  const absl::Status ignored = WriteReport(options.run_dir);
  if (ending == LocalRun::Ending::kStopped) {
    std::fprintf(stderr, "stopped at %s; go on with: %s\n", run.Place().c_str(),
                 ResumeCommand(options).c_str());
    return kStopped;
  }
  return Fail(absl::StrCat(run.failure(), WhatToDo(run.failure(), options)));
}

// The run in the folder that is its own by now.
int RunIn(const RunDirectory& directory, const RunOptions& options, const RunSpec& spec,
          const std::vector<int>& ports) {
  auto signals = base::SignalWaiter::Create();
  if (!signals.ok()) return Fail(signals.status().message());
  spdlog::set_level(spdlog::level::off);  // the roles have logs; what matters here is shown
  rpc::SendGrpcLogToSpdlog();
  const std::unique_ptr<RunView> view = MakeView(options);
  LocalRun run(directory, spec, MakePlan(options, ports, directory), *view);
  const LocalRun::Ending ending = run.Run(*signals);
  view->End();
  return Finish(options, run, ending);
}

// The folder comes before the ports: where it is in use, its run has the port, too.
int Resume(const RunOptions& options, const RunSpec& spec) {
  const auto directory = RunDirectory::Reopen(options.run_dir, spec);
  if (!directory.ok()) return Fail(directory.status().message());
  if (RunStatus(options.run_dir) == "finished") {
    std::printf("the run in %s is complete\n", options.run_dir.c_str());
    return PrintResult(options, {}) ? kDone : kFailed;
  }
  const auto ports = FindPorts(options, spec);
  if (!ports.ok()) return Fail(ports.status().message());
  return RunIn(*directory, options, spec, *ports);
}

// The same order, but the folder is made last, so that a start that is refused leaves nothing.
int Begin(const RunOptions& options, const RunSpec& spec) {
  const absl::Status unused = RunDirectory::CheckUnused(options.run_dir);
  if (!unused.ok()) return Fail(unused.message());
  const auto ports = FindPorts(options, spec);
  if (!ports.ok()) return Fail(ports.status().message());
  const auto directory = RunDirectory::Create(options.run_dir, spec);
  if (!directory.ok()) return Fail(directory.status().message());
  return RunIn(*directory, options, spec, *ports);
}

}  // namespace

int RunCommand(const RunOptions& options) {
  const auto spec = spec::LoadSpec(options.spec_path, options.overrides);
  if (!spec.ok()) return Fail(spec.status().message());
  const absl::Status installed = CheckBinaries(options.binary_folder);
  if (!installed.ok()) return Fail(installed.message());
  if (options.run_dir.empty()) return Fail("--run-dir is empty; name a folder");
  return options.resume ? Resume(options, *spec) : Begin(options, *spec);
}

}  // namespace gyre::cli

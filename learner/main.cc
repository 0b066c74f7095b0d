// gyre-learner: one rank of the learner. Exit codes: 0 done or stopped, 1 the run cannot go on (one
// line on stderr says why), 2 wrong usage, 3 start this process again.
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/build_info.h"
#include "base/clock.h"
#include "base/logging.h"
#include "base/parse_flags.h"
#include "base/process_signal.h"
#include "base/status_macros.h"
#include "base/worker_thread.h"
#include "learner/learner.h"
#include "learner/learner_metrics.h"
#include "learner/numeric_settings.h"
#include "learner/policy_server.h"
#include "learner/policy_shelf.h"
#include "rpc/grpc_log.h"
#include "rpc/metrics_endpoint.h"
#include "rpc/run_token.h"
#include "rpc/server_host.h"
#include "rpc/wait_board.h"

namespace gyre::learner {
namespace {

// How long after a stop the process ends wherever it is: a step may take long, and what has been
// committed is safe. Less than the 30 s that `gyre run` (supervisor.cc), Kubernetes and Slurm give.
constexpr absl::Duration kStopLimit = absl::Seconds(25);

struct Arguments {
  std::string join;
  std::string name;
  std::string run_token;
  pid_t parent_pid = 0;
  int metrics_port = -1;
  base::LoggingOptions logging;
};

[[noreturn]] void EndNow(Ending ending) {
  spdlog::default_logger()->flush();
  std::_Exit(static_cast<int>(ending));
}

absl::Status Prepare(const Arguments& arguments) {
  if (arguments.parent_pid != 0) {
    GYRE_RETURN_IF_ERROR(base::DieWithParent(arguments.parent_pid));
  }
  GYRE_RETURN_IF_ERROR(base::InitLogging(arguments.name, arguments.logging));
  rpc::SendGrpcLogToSpdlog();
  SetNumericSettings();
  return absl::OkStatus();
}

// Waits for signals until the learner has ended.
void Watch(base::SignalWaiter& signals, Learner& learner, const std::atomic<bool>& ended) {
  while (!ended) {
    const std::optional<int> signal = signals.WaitUntil(absl::InfiniteFuture());
    if (!signal.has_value()) continue;
    spdlog::info("stopping: signal {}", *signal);
    learner.Stop();
    const absl::Time stopped = absl::Now();
    while (!ended && absl::Now() < stopped + kStopLimit) signals.WaitUntil(stopped + kStopLimit);
    if (ended) return;
    spdlog::warn("the step did not end in time; left without a checkpoint of it");
    EndNow(Ending::kDone);
  }
}

absl::StatusOr<Learner::Result> RunLearner(const Arguments& arguments) {
  GYRE_RETURN_IF_ERROR(Prepare(arguments));
  GYRE_ASSIGN_OR_RETURN(base::SignalWaiter signals, base::SignalWaiter::Create());
  const auto registry = std::make_shared<prometheus::Registry>();
  LearnerMetrics metrics(*registry);
  std::unique_ptr<rpc::MetricsEndpoint> endpoint;
  if (arguments.metrics_port >= 0) {
    GYRE_ASSIGN_OR_RETURN(endpoint, rpc::MetricsEndpoint::Start(arguments.metrics_port, registry));
    spdlog::info("metrics at http://127.0.0.1:{}/metrics", endpoint->port());
  }
  const base::RealClock clock;
  rpc::WaitBoard waits(clock, [&metrics](std::string_view kind, absl::Duration waited) {
    metrics.RecordWait(kind, waited);
  });
  PolicyShelf shelf;
  PolicyServer policies(shelf);
  rpc::ServerHost host;
  host.AddService(policies);
  GYRE_ASSIGN_OR_RETURN(const int port, host.Start("127.0.0.1:0"));

  Learner learner({.coordinator = arguments.join,
                   .name = arguments.name,
                   .build = base::BuildVersion(),
                   .run_token = arguments.run_token,
                   .policy_address = absl::StrCat("127.0.0.1:", port)},
                  shelf, waits, metrics, EndNow);
  Learner::Result result;
  std::atomic<bool> ended = false;
  {
    const base::WorkerThread trainer("trainer", [&](std::stop_token) {
      SetNumericSettings();
      result = learner.Run();
      ended = true;
      signals.Interrupt();
    });
    Watch(signals, learner, ended);
  }
  host.Stop(absl::Now() + absl::Seconds(1));
  return result;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("One rank of the learner; `gyre run` starts it.", "gyre-learner");
  app.add_option("--join", arguments.join, "address of the coordinator, HOST:PORT")->required();
  app.add_option("--name", arguments.name, "of this place, e.g. learner-0")->required();
  app.add_option("--run-token", arguments.run_token, "the coordinator's")
      ->envname(rpc::kRunTokenVariable)
      ->required();
  app.add_option("--parent-pid", arguments.parent_pid, "end when this process does");
  app.add_option("--metrics-port", arguments.metrics_port,
                 "serve Prometheus metrics there; 0: any port; default: do not")
      ->check(CLI::Range(0, 65535));
  app.add_option("--log-file", arguments.logging.file, "appended to; default: standard error");
  app.add_option("--log-level", arguments.logging.level,
                 "trace, debug, info, warning, error or critical");
  app.add_flag("--log-json", arguments.logging.json, "log a JSON object a line");
  if (const auto code = base::ParseFlags(app, argc, argv)) return *code;
  const absl::StatusOr<Learner::Result> result = RunLearner(arguments);
  if (!result.ok()) {
    std::fprintf(stderr, "gyre-learner: %s\n", std::string(result.status().message()).c_str());
    return static_cast<int>(Ending::kFailed);
  }
  spdlog::info("left: {}", result->why);
  if (result->ending == Ending::kFailed) {
    std::fprintf(stderr, "gyre-learner: %s\n", result->why.c_str());
  }
  return static_cast<int>(result->ending);
}

}  // namespace
}  // namespace gyre::learner

int main(int argc, char** argv) { return gyre::learner::Main(argc, argv); }

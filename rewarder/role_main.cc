#include "rewarder/role_main.h"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/logging.h"
#include "base/parse_flags.h"
#include "base/process_signal.h"
#include "base/status_macros.h"
#include "rewarder/heartbeat.h"
#include "rewarder/score_service.h"
#include "rpc/grpc_log.h"
#include "rpc/metrics_endpoint.h"
#include "rpc/run_token.h"
#include "rpc/server_host.h"

namespace gyre::rewarder {
namespace {

struct Options {
  std::string coordinator;
  std::string name;
  std::string run_token;
  std::string address = "127.0.0.1:0";
  pid_t parent_pid = 0;
  int metrics_port = -1;
  std::string log_file;
  std::string log_level = "info";
  bool log_json = false;
  int max_calls = 32;
  double drain_seconds = 5;
};

void Declare(CLI::App& app, Options& options) {
  app.add_option("--join", options.coordinator, "HOST:PORT of the coordinator")->required();
  app.add_option("--name", options.name, "place in the run; a new process takes over the old one's")
      ->required();
  app.add_option("--run-token", options.run_token, "must be the coordinator's")
      ->envname(rpc::kRunTokenVariable)
      ->required();
  app.add_option("--address", options.address, "to serve on; port 0: any")->capture_default_str();
  app.add_option("--parent-pid", options.parent_pid, "end when this process ends");
  app.add_option("--metrics-port", options.metrics_port, "serve Prometheus metrics; 0: any port");
  app.add_option("--log-file", options.log_file, "append the log to it; default: standard error");
  app.add_option("--log-level", options.log_level)->capture_default_str();
  app.add_flag("--log-json", options.log_json, "a JSON object a line");
  app.add_option("--max-calls", options.max_calls, "Score calls at once; more are refused")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  app.add_option("--drain-seconds", options.drain_seconds,
                 "how long running calls may go on after a signal")
      ->capture_default_str();
}

absl::Status Serve(const Options& options, base::SignalWaiter& signals, const RuleSet& rules) {
  auto registry = std::make_shared<prometheus::Registry>();
  std::unique_ptr<rpc::MetricsEndpoint> metrics;
  if (options.metrics_port >= 0) {
    GYRE_ASSIGN_OR_RETURN(metrics, rpc::MetricsEndpoint::Start(options.metrics_port, registry));
  }
  ScoreService service(rules, options.max_calls, *registry);
  rpc::ServerHost host({.max_threads = options.max_calls + 4});
  host.AddService(service);
  GYRE_ASSIGN_OR_RETURN(const int port, host.Start(options.address));
  const std::string service_address =
      absl::StrCat(options.address.substr(0, options.address.rfind(':')), ":", port);
  spdlog::info("serving on {}", service_address);

  absl::Status outcome;
  std::optional<int> signal;
  {
    Heartbeat heartbeat({.coordinator = options.coordinator,
                         .name = options.name,
                         .run_token = options.run_token,
                         .service_address = service_address},
                        [&signals] { signals.Interrupt(); });
    while (!signal && absl::IsUnavailable(heartbeat.outcome())) {
      signal = signals.WaitUntil(absl::InfiniteFuture());
    }
    outcome = heartbeat.outcome();
    // Leaving first: the coordinator then names this address no more, while calls still end well.
  }
  host.Drain();
  host.Stop(absl::Now() + absl::Seconds(options.drain_seconds));
  if (signal) {
    spdlog::info("stopped by a signal");
    return absl::OkStatus();
  }
  if (outcome.ok()) spdlog::info("the run is complete");
  return outcome;
}

}  // namespace

int RunRewarder(int argc, char** argv, const RuleSet& rules) {
  Options options;
  CLI::App app("A rewarder: judges responses, without state.", "gyre-rewarder");
  Declare(app, options);
  if (const auto code = base::ParseFlags(app, argc, argv)) return *code;
  absl::Status status =
      options.parent_pid != 0 ? base::DieWithParent(options.parent_pid) : absl::OkStatus();
  auto signals = base::SignalWaiter::Create();
  if (status.ok()) status = signals.status();
  if (status.ok()) {
    status = base::InitLogging(
        options.name,
        {.level = options.log_level, .json = options.log_json, .file = options.log_file});
  }
  if (status.ok()) {
    rpc::SendGrpcLogToSpdlog();
    status = Serve(options, *signals, rules);
    if (!status.ok() && !options.log_file.empty()) {
      spdlog::error("{}", std::string(status.message()));
    }
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "gyre-rewarder: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace gyre::rewarder

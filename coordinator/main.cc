// gyre-coordinator: keeps the ledger of one run and serves it.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/build_info.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/logging.h"
#include "base/parse_flags.h"
#include "base/process_signal.h"
#include "base/status_macros.h"
#include "coordinator/coordinator_service.h"
#include "coordinator/open_run.h"
#include "coordinator/run_metrics.h"
#include "rpc/grpc_log.h"
#include "rpc/metrics_endpoint.h"
#include "rpc/run_token.h"
#include "rpc/server_host.h"
#include "spdlog/spdlog.h"

namespace gyre::coordinator {
namespace {

// How long calls that run may go on once a stop was asked for.
constexpr absl::Duration kCallGrace = absl::Seconds(2);

struct Flags {
  RunFiles run;
  std::string address = "127.0.0.1:0";
  std::string run_token;
  std::string log_file;
  std::string log_level = "info";
  bool log_json = false;
  std::string port_file;
  int metrics_port = -1;
  int parent_pid = 0;
};

absl::Status Serve(const Flags& flags, base::SignalWaiter& signals) {
  const base::RealClock clock;
  auto registry = std::make_shared<prometheus::Registry>();
  RunMetrics metrics(*registry);
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<OpenRun> run, OpenRun::Open(flags.run, clock));
  DurableLedger ledger(run->TakeLedger(), run->stores(), clock,
                       [&](const Ledger& now) { metrics.Update(now, clock.Now()); });
  CoordinatorService service({.spec = run->spec(),
                              .spec_text = run->spec_text(),
                              .spec_digest = run->spec_digest(),
                              .build = base::BuildVersion(),
                              .run_token = flags.run_token,
                              .run_dir = run->run_dir()},
                             run->sources(), run->plan(), ledger, run->payloads());
  std::unique_ptr<rpc::MetricsEndpoint> endpoint;
  if (flags.metrics_port >= 0) {
    GYRE_ASSIGN_OR_RETURN(endpoint, rpc::MetricsEndpoint::Start(flags.metrics_port, registry));
    spdlog::info("metrics at http://127.0.0.1:{}/metrics", endpoint->port());
  }
  rpc::ServerHost host({.max_threads = 512});
  host.AddService(service);
  GYRE_ASSIGN_OR_RETURN(const int port, host.Start(flags.address));
  if (!flags.port_file.empty()) {
    GYRE_RETURN_IF_ERROR(base::WriteFileAtomically(flags.port_file, absl::StrCat(port, "\n")));
  }
  const auto [epoch, version] = ledger.Look(
      [](const Ledger& now, absl::Time) { return std::pair(now.epoch(), now.version()); });
  spdlog::info("serving run \"{}\" on port {}: epoch {}, version {} of {}", run->plan().name, port,
               epoch, version, run->plan().end_version());

  absl::Status broken = absl::OkStatus();
  while (broken.ok()) {
    if (signals.WaitUntil(absl::Now() + absl::Milliseconds(200)).has_value()) break;
    broken = ledger.broken();
  }
  host.Drain();
  const absl::Status closed = ledger.Close("stopped");
  host.Stop(absl::Now() + kCallGrace);
  return broken.ok() ? closed : broken;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("keeps the ledger of one run and serves it until SIGTERM", "gyre-coordinator");
  app.add_option("--spec", flags.run.spec_path, "the run spec (spec.textproto)")->required();
  app.add_option("--run-dir", flags.run.run_dir, "the run directory; it is made")->required();
  app.add_option("--address", flags.address, "HOST:PORT to listen on; port 0: any free one");
  app.add_option("--run-token", flags.run_token, "what members must know to join")
      ->envname(rpc::kRunTokenVariable);
  app.add_flag("--resume", flags.run.resume, "go on with the run that the directory holds");
  app.add_option("--learner-ranks", flags.run.learner_ranks,
                 "in place of the spec's local.learner_ranks; part of what the run is");
  app.add_option("--parent-pid", flags.parent_pid, "end when this process, the parent, ends");
  app.add_option("--metrics-port", flags.metrics_port,
                 "serve Prometheus metrics; 0: any free port");
  app.add_option("--port-file", flags.port_file, "write the port that is listened on to this file");
  app.add_option("--log-file", flags.log_file, "append the log to this file, not to stderr");
  app.add_option("--log-level", flags.log_level, "trace, debug, info, warning, error or critical");
  app.add_flag("--log-json", flags.log_json, "log a JSON object a line");
  if (const auto code = base::ParseFlags(app, argc, argv)) return *code;
  if (flags.parent_pid > 0) {
    if (const absl::Status bound = base::DieWithParent(flags.parent_pid); !bound.ok()) return 1;
  }
  absl::StatusOr<base::SignalWaiter> signals = base::SignalWaiter::Create();
  absl::Status result = signals.status();
  if (result.ok()) {
    result = base::InitLogging(
        "coordinator", {.level = flags.log_level, .json = flags.log_json, .file = flags.log_file});
  }
  if (result.ok()) {
    rpc::SendGrpcLogToSpdlog();
    result = Serve(flags, *signals);
  }
  if (result.ok()) return 0;
  std::fprintf(stderr, "gyre-coordinator: %s\n", std::string(result.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace gyre::coordinator

int main(int argc, char** argv) { return gyre::coordinator::Main(argc, argv); }

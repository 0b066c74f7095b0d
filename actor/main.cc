// gyre-actor: one actor process. Exit codes: 0 the run is complete or it was told to stop, 1 failed
// (one line on standard error says why), 2 wrong usage.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "actor/actor.h"
#include "base/build_info.h"
#include "base/logging.h"
#include "base/parse_flags.h"
#include "base/process_signal.h"
#include "base/worker_thread.h"
#include "rpc/grpc_log.h"
#include "rpc/metrics_endpoint.h"
#include "rpc/run_token.h"

namespace gyre::actor {
namespace {

struct Flags {
  std::string join;
  std::string name;
  std::string run_token;
  int parent_pid = 0;
  int metrics_port = -1;
  base::LoggingOptions logging;
  int max_sequences = 256;
  int kv_memory_mib = 4096;
  int threads = 1;
};

void Declare(CLI::App& app, Flags& flags) {
  app.add_option("--join", flags.join, "the coordinator, HOST:PORT")->required();
  app.add_option("--name", flags.name, "of this place; a new process of the same name takes it")
      ->required();
  app.add_option("--run-token", flags.run_token, "as the coordinator's")
      ->envname(rpc::kRunTokenVariable);
  app.add_option("--parent-pid", flags.parent_pid, "die when this process dies");
  app.add_option("--metrics-port", flags.metrics_port, "serve Prometheus metrics; 0: any port");
  app.add_option("--log-file", flags.logging.file, "instead of standard error");
  app.add_option("--log-level", flags.logging.level);
  app.add_flag("--log-json", flags.logging.json, "a JSON object a line");
  app.add_option("--max-sequences", flags.max_sequences, "samples that are decoded together")
      ->check(CLI::Range(1, 1 << 16));  // as many as the spec's max_sequences_per_actor may be
  app.add_option("--kv-memory-mib", flags.kv_memory_mib, "of the key-value cache, at most")
      ->check(CLI::Range(1, 1 << 24));
  app.add_option("--threads", flags.threads, "that compute together")->check(CLI::Range(1, 1024));
}

absl::Status Run(const Flags& flags, base::SignalWaiter& signals) {
  Actor actor({.coordinator = {.coordinator = flags.join,
                               .name = flags.name,
                               .build = base::BuildVersion(),
                               .run_token = flags.run_token},
               .engine = {.max_sequences = flags.max_sequences,
                          .kv_memory_bytes = int64_t{flags.kv_memory_mib} << 20,
                          .threads = flags.threads}});
  std::unique_ptr<rpc::MetricsEndpoint> endpoint;
  if (flags.metrics_port >= 0) {
    auto started = rpc::MetricsEndpoint::Start(flags.metrics_port, actor.metrics().registry());
    if (!started.ok()) return started.status();
    endpoint = *std::move(started);
    spdlog::info("metrics at http://127.0.0.1:{}/metrics", endpoint->port());
  }
  absl::Status end;
  base::WorkerThread worker("actor", [&](std::stop_token stop) {
    end = actor.Run(stop);
    signals.Interrupt();
  });
  signals.WaitUntil(absl::InfiniteFuture());
  worker.RequestStop();
  worker.Join();
  return end;
}

}  // namespace
}  // namespace gyre::actor

int main(int argc, char** argv) {
  CLI::App app("makes groups of samples for a run", "gyre-actor");
  gyre::actor::Flags flags;
  gyre::actor::Declare(app, flags);
  if (const auto code = gyre::base::ParseFlags(app, argc, argv)) return *code;
  absl::Status status;
  if (flags.parent_pid != 0) status = gyre::base::DieWithParent(flags.parent_pid);
  if (status.ok()) status = gyre::base::InitLogging(flags.name, flags.logging);
  if (status.ok()) {
    gyre::rpc::SendGrpcLogToSpdlog();
    absl::StatusOr<gyre::base::SignalWaiter> signals = gyre::base::SignalWaiter::Create();
    status = signals.ok() ? gyre::actor::Run(flags, *signals) : signals.status();
  }
  if (status.ok()) return 0;
  if (!flags.logging.file.empty()) spdlog::error("{}", std::string(status.message()));
  std::fprintf(stderr, "gyre-actor: %s\n", std::string(status.message()).c_str());
  return 1;
}

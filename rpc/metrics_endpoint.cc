#include "rpc/metrics_endpoint.h"

#include <arpa/inet.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/wait_for_stop.h"
#include "base/worker_thread.h"

namespace gyre::rpc {
namespace {

// Opens a connection to the port and closes it.
void Knock(int port) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connection < 0) return;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Whether anybody answers does not matter.
  [[maybe_unused]] const int result =
      connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(connection);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    int port, std::shared_ptr<prometheus::Registry> registry) {
  const std::string address = absl::StrCat("127.0.0.1:", port);
  std::unique_ptr<prometheus::Exposer> exposer;
  try {
    // Two threads: one scraper, and someone who looks.
    exposer = std::make_unique<prometheus::Exposer>(address, 2);
  } catch (const std::exception& error) {
    // The HTTP server does not tell its reason; on loopback there is but one.
    return absl::AlreadyExistsError(absl::StrCat(
        "cannot serve metrics on ", address,
        ": another process listens there; end it or choose another (", error.what(), ")"));
  }
  exposer->RegisterCollectable(registry);
  const std::vector<int> ports = exposer->GetListeningPorts();
  if (ports.size() != 1) {
    return absl::InternalError(absl::StrCat("metrics on ", address, " have no port"));
  }
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(exposer), std::move(registry), ports[0]));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer,
                                 std::shared_ptr<prometheus::Registry> registry, int port)
    : registry_(std::move(registry)), exposer_(std::move(exposer)), port_(port) {}

// The HTTP server's accepting thread looks only every two seconds whether it is to end, and at each
// connection. Knocking at the port meanwhile ends it at once.
MetricsEndpoint::~MetricsEndpoint() {
  base::WorkerThread knocker("metrics-stop", [port = port_](std::stop_token stop) {
    do {
      Knock(port);
    } while (!base::WaitForStop(stop, absl::Now() + absl::Milliseconds(5)));
  });
  exposer_.reset();
}

}  // namespace gyre::rpc

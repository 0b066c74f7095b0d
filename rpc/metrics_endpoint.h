#pragma once

#include <prometheus/registry.h>

#include <memory>

#include "absl/status/statusor.h"

namespace prometheus {
class Exposer;
}  // namespace prometheus

namespace gyre::rpc {

// Serves a registry in Prometheus' text format at http://127.0.0.1:PORT/metrics, on threads of its
// own, until it is destroyed. The registry is shared because a scrape may run while its owner lets
// go of it; metrics may be added and changed from any thread.
class MetricsEndpoint {
 public:
  // Port 0 lets the system choose. ALREADY_EXISTS, naming the address, when the port is taken.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      int port, std::shared_ptr<prometheus::Registry> registry);
  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  // The port that is listened on.
  int port() const { return port_; }

 private:
  MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer,
                  std::shared_ptr<prometheus::Registry> registry, int port);

  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  int port_;
};

}  // namespace gyre::rpc

#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gyre::cli {

// `count` different ports of 127.0.0.1 that nobody listens on now. They lie outside the range from
// which the kernel takes the ports of outgoing connections, so that a server which restarts finds
// its port free: within that range a client that keeps calling a dead server on the same machine
// would sooner or later be given the server's own port. `besides` is not among them.
absl::StatusOr<std::vector<int>> FindFreePorts(int count, int besides = 0);

// UNAVAILABLE "port N is taken" unless it can be listened on.
absl::Status CheckPortFree(int port);

}  // namespace gyre::cli

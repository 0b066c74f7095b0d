#pragma once

#include <stop_token>

#include "absl/time/time.h"

namespace gyre::base {

// Blocks until a stop is requested or `deadline` (real time) has passed. True: stop was requested.
// It is the pause of a loop:
//   while (!WaitForStop(stop, absl::Now() + heartbeat_interval)) SendHeartbeat();
bool WaitForStop(std::stop_token stop, absl::Time deadline);

}  // namespace gyre::base

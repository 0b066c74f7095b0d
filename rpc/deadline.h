#pragma once

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace gyre::rpc {

// A deadline as gRPC takes it. gRPC reads a time before 1970 (absl::InfinitePast) as "never", so
// such a time becomes 1970; one more than a year ahead becomes a year.
inline std::chrono::system_clock::time_point ToGrpcDeadline(absl::Time deadline) {
  return absl::ToChronoTime(
      std::clamp(deadline, absl::UnixEpoch(), absl::Now() + absl::Hours(24 * 365)));
}

}  // namespace gyre::rpc

#pragma once

#include <poll.h>

#include <functional>

#include "absl/time/clock.h"

namespace gyre::cli {

// Looks until the condition on another process holds; false after thirty seconds.
inline bool Await(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (absl::Now() < deadline) {
    if (condition()) return true;
    poll(nullptr, 0, 2);
  }
  return condition();
}

}  // namespace gyre::cli

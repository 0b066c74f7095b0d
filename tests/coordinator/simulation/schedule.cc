#include "tests/coordinator/simulation/schedule.h"

#include <algorithm>
#include <utility>

namespace gyre::coordinator::simulation {

void Schedule::After(absl::Duration delay, Event event) {
  entries_.push({.time = now_ + std::max(delay, absl::ZeroDuration()),
                 .number = ++scheduled_,
                 .event = std::move(event)});
}

bool Schedule::RunNext() {
  if (entries_.empty()) return false;
  // The queue gives only const access to its top; the entry is removed before its event runs.
  Entry entry = std::move(const_cast<Entry&>(entries_.top()));
  entries_.pop();
  now_ = entry.time;
  ++events_run_;
  entry.event();
  return true;
}

}  // namespace gyre::coordinator::simulation

#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "absl/time/time.h"

namespace gyre::coordinator::simulation {

// Virtual time and what is to happen in it. Nothing happens but by RunNext, one event after the
// other, in order of time; events of one moment run in the order in which they were scheduled. One
// thread.
class Schedule {
 public:
  using Event = std::function<void()>;

  absl::Time now() const { return now_; }
  // Since the beginning.
  absl::Duration elapsed() const { return now_ - absl::UnixEpoch(); }
  // `delay` below zero counts as zero.
  void After(absl::Duration delay, Event event);
  // Moves the time to the next event and runs it. False: there is none.
  bool RunNext();
  uint64_t events_run() const { return events_run_; }

 private:
  struct Entry {
    absl::Time time;
    uint64_t number;
    Event event;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
  };

  absl::Time now_ = absl::UnixEpoch();
  uint64_t scheduled_ = 0;
  uint64_t events_run_ = 0;
  std::priority_queue<Entry, std::vector<Entry>, Later> entries_;
};

}  // namespace gyre::coordinator::simulation

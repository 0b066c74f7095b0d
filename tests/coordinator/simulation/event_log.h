#pragma once

#include <cstdio>
#include <deque>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/coordinator/simulation/schedule.h"

namespace gyre::coordinator::simulation {

// What happened, a line an event. Costs nothing unless it is wanted: a seed that fails is run again
// with its log.
class EventLog {
 public:
  enum class Keep { kNothing, kTail, kPrint };

  EventLog(const Schedule& schedule, Keep keep) : schedule_(schedule), keep_(keep) {}

  template <typename... Parts>
  void Add(const Parts&... parts) {
    if (keep_ == Keep::kNothing) return;
    Write(absl::StrFormat("%9.3f  ", absl::ToDoubleSeconds(schedule_.elapsed())) +
          absl::StrCat(parts...));
  }
  const std::deque<std::string>& tail() const { return tail_; }

 private:
  void Write(std::string line) {
    if (keep_ == Keep::kPrint) std::puts(line.c_str());
    tail_.push_back(std::move(line));
    if (tail_.size() > 150) tail_.pop_front();
  }

  const Schedule& schedule_;
  const Keep keep_;
  std::deque<std::string> tail_;
};

}  // namespace gyre::coordinator::simulation

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace gyre::coordinator::simulation {

// How often each kind of event happened, for the report of what a set of seeds reaches.
class EventCounts {
 public:
  void Add(std::string_view kind, uint64_t times = 1) {
    const auto found = counts_.find(kind);
    if (found != counts_.end()) {
      found->second += times;
    } else if (times > 0) {
      counts_.emplace(kind, times);
    }
  }
  void Add(const EventCounts& others) {
    for (const auto& [kind, times] : others.counts_) Add(kind, times);
  }
  uint64_t Of(std::string_view kind) const {
    const auto found = counts_.find(kind);
    return found == counts_.end() ? 0 : found->second;
  }
  const std::map<std::string, uint64_t, std::less<>>& all() const { return counts_; }

 private:
  std::map<std::string, uint64_t, std::less<>> counts_;
};

}  // namespace gyre::coordinator::simulation

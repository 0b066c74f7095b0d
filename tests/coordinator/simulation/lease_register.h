#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>

#include "coordinator/group_key.h"
#include "tests/coordinator/simulation/dice.h"

namespace gyre::coordinator::simulation {

// Every lease that an actor was told of, in all lives of the coordinator: what a hand-in or a claim
// may rest on, and what liars overhear.
class LeaseRegister {
 public:
  // False: the id was told before, of another group.
  bool Add(uint64_t id, const GroupKey& group) {
    return groups_.emplace(id, group).first->second == group;
  }
  bool IsOf(uint64_t id, const GroupKey& group) const {
    const auto found = groups_.find(id);
    return found != groups_.end() && found->second == group;
  }
  // Any of them, if there are some.
  std::optional<uint64_t> Overhear(Dice& dice) const {
    if (groups_.empty()) return std::nullopt;
    auto at = groups_.begin();
    std::advance(at, static_cast<int64_t>(dice.Below(groups_.size())));
    return at->first;
  }

 private:
  std::map<uint64_t, GroupKey> groups_;  // by lease id
};

}  // namespace gyre::coordinator::simulation

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// What the learner's ranks do together, without the coordinator: sums over all ranks of an attempt.
// Each of them waits for all others, for so long and no longer; when the process of one dies the
// others may notice at once.
class Collectives {
 public:
  explicit Collectives(World& world) : world_(world) {}

  // A rank has come to the collective call `call` of its attempt. `agreed`: what all ranks must
  // bring alike. `then` gets the sum, or nothing if the ranks did not come together.
  struct Arrival {
    std::string process;
    uint32_t attempt = 0;
    uint32_t world_size = 1;
    std::string call;
    std::string agreed;
    uint64_t summand = 0;
    std::function<void(std::optional<uint64_t>)> then;
  };
  void Arrive(Arrival arrival);
  // The process of a rank of this attempt is gone.
  void ProcessGone(const std::string& process, uint32_t attempt);

 private:
  using Key = std::pair<uint32_t, std::string>;  // attempt, call

  // Nobody who waits there gets a sum.
  void Break(const Key& key);

  World& world_;
  std::map<Key, std::vector<Arrival>> calls_;
  std::set<uint32_t> broken_;  // attempts that have lost a process
};

}  // namespace gyre::coordinator::simulation

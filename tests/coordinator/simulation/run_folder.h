#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "coordinator/group_key.h"
#include "tests/coordinator/simulation/fake_weights.h"

namespace gyre::coordinator::simulation {

// What processes share beside the coordinator: checkpoints in the run directory, and the policies
// that live learner processes serve.
struct RunFolder {
  struct SavedCheckpoint {
    int64_t version = 0;
    uint32_t stage = 0;
    uint32_t steps = 0;  // of the stage that are done
    FakeWeights weights;
  };
  std::map<std::string, SavedCheckpoint> checkpoints;          // by folder
  std::map<std::string, std::set<PolicyKey>> served_policies;  // by address of the process
};

}  // namespace gyre::coordinator::simulation

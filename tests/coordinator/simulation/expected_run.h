#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/group_key.h"
#include "coordinator/group_tally.h"
#include "proto/coordinator.pb.h"
#include "tests/coordinator/simulation/fake_weights.h"
#include "tests/coordinator/simulation/run_setup.h"

namespace gyre::coordinator::simulation {

// What a run without faults comes to, worked out step by step without a ledger: an oracle for every
// run of the same setup whose replays are exact.
struct ExpectedRun {
  struct Fate {
    GroupState state = GroupState::kConsumed;
    std::string drop_reason = {};
    bool operator==(const Fate&) const = default;
  };
  // Every group that is issued.
  std::map<GroupKey, Fate> groups;
  // Of the weights at each version, 0 … the last; at a stage's base version those that the stage
  // before ended with.
  std::vector<std::string> digests;
  std::vector<EvalResult> evaluations;  // problems, accuracy and pass_at_k only
};

ExpectedRun ExpectRun(const RunSetup& setup);

}  // namespace gyre::coordinator::simulation

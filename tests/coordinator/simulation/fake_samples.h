#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/group_key.h"
#include "proto/group.pb.h"
#include "tests/coordinator/simulation/run_setup.h"

namespace gyre::coordinator::simulation {

// The group that any honest actor makes of this key: a pure function of run and key, and of the
// policy where ContentFollowsPolicy. `policies` has the policy that it was begun with and, if the
// actor changed it on the way, the one that it was ended with.
Group MakeGroup(const RunSetup& setup, const GroupKey& key, const std::vector<PolicyKey>& policies);

// What the group gives to a step that it is a member of: 0 if it does not train.
uint64_t GroupGradient(const RunSetup& setup, const Group& group);

// The text of a sample that is wrong on purpose; no accepted group has it.
inline constexpr char kLie[] = "a lie";

}  // namespace gyre::coordinator::simulation

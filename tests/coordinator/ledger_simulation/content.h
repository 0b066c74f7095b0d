#pragma once

#include <string>
#include <vector>

#include "coordinator/ledger.h"
#include "tests/coordinator/ledger_simulation/random_run.h"

namespace gyre::coordinator::simulation {

// 32 bytes that stand for weights or anything else that is computed from `text`.
std::string HashOf(const std::string& text);

// The tokens of a group in short: a function of the group and the policies, as in the real system.
std::string ContentOf(const GroupKey& group, const std::vector<PolicyKey>& policies);

// What the rewarders say of the group: a function of the group alone.
GroupNumbers NumbersOf(const RandomRun& run, const GroupKey& group, uint32_t samples);

}  // namespace gyre::coordinator::simulation

#pragma once

#include <string>

#include "coordinator/group_key.h"
#include "coordinator/ledger.h"
#include "tests/coordinator/simulation/run_setup.h"

namespace gyre::coordinator::simulation {

// For tests of those who watch: one stage of reinforcement with 3 steps of 2 groups, a policy lag
// of 1, one attempt a slot, and an evaluation of one problem before the first step and after the
// last.
RunSetup SmallRun();

// The policy of a version in it.
inline PolicyKey PolicyOf(int64_t version) {
  return {.version = version, .root_digest = std::string(32, static_cast<char>('a' + version))};
}

inline GroupKey TrainGroupOf(uint64_t slot, uint32_t attempt = 0) {
  return {.stage = 0, .purpose = TRAIN, .slot = slot, .attempt = attempt};
}

inline GroupKey EvalGroupOf(uint64_t slot) {
  return {.stage = 0, .purpose = EVAL, .slot = slot, .attempt = 0};
}

inline LeaseGrant GrantOf(uint64_t lease_id, const GroupKey& group, int64_t version = 0) {
  LeaseGrant grant;
  grant.lease_id = lease_id;
  grant.group = group;
  grant.sampling.set_samples(2);
  grant.policy = PolicyOf(version);
  return grant;
}

}  // namespace gyre::coordinator::simulation

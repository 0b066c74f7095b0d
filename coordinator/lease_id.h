#pragma once

#include <cstdint>

#include "coordinator/group_key.h"

namespace gyre::coordinator {

// Lease ids that say by themselves which group they are of, so that a coordinator that has
// forgotten its leases (they are not durable) still knows. From the highest bit: the epoch that
// granted it modulo 2^14, the count within the epoch modulo 2^26 (so leases that are alive together
// have different ids: there are never 2^26 of them), and 24 bits of a hash over the run's seed,
// both, and the group. They guard against mistakes, not against forgers.

// The `count`-th lease of an epoch.
uint64_t MakeLeaseId(uint64_t seed, uint64_t epoch, uint64_t count, const GroupKey& group);
// Whether some epoch of the run with this seed granted the lease for this group.
bool IsLeaseOf(uint64_t seed, uint64_t lease_id, const GroupKey& group);
// Whether the lease was granted in this epoch.
bool IsLeaseOfEpoch(uint64_t lease_id, uint64_t epoch);

}  // namespace gyre::coordinator

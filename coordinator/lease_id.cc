#include "coordinator/lease_id.h"

#include "base/counter_rng.h"

namespace gyre::coordinator {
namespace {

constexpr int kEpochBits = 14;
constexpr int kCountBits = 26;
constexpr int kHashBits = 24;
static_assert(kEpochBits + kCountBits + kHashBits == 64);

constexpr uint64_t Low(uint64_t bits, int count) { return bits & ((uint64_t{1} << count) - 1); }

uint64_t EpochField(uint64_t lease_id) { return lease_id >> (kCountBits + kHashBits); }

}  // namespace

uint64_t MakeLeaseId(uint64_t seed, uint64_t epoch, uint64_t count, const GroupKey& group) {
  const uint64_t field = Low(epoch, kEpochBits);
  const uint64_t low_count = Low(count, kCountBits);
  const base::CounterRng hash(
      {seed, "lease", field, low_count, group.stage, group.purpose, group.slot, group.attempt});
  return field << (kCountBits + kHashBits) | low_count << kHashBits | Low(hash.key(), kHashBits);
}

bool IsLeaseOf(uint64_t seed, uint64_t lease_id, const GroupKey& group) {
  const uint64_t count = Low(lease_id >> kHashBits, kCountBits);
  return lease_id == MakeLeaseId(seed, EpochField(lease_id), count, group);
}

bool IsLeaseOfEpoch(uint64_t lease_id, uint64_t epoch) {
  return EpochField(lease_id) == Low(epoch, kEpochBits);
}

}  // namespace gyre::coordinator

#include "coordinator/lease_id.h"

#include <gtest/gtest.h>

namespace gyre::coordinator {
namespace {

constexpr uint64_t kSeed = 7;
constexpr GroupKey kGroup = {.stage = 1, .slot = 12, .attempt = 3};

TEST(LeaseId, KnowsItsGroup) {
  const uint64_t id = MakeLeaseId(kSeed, 2, 5, kGroup);
  EXPECT_TRUE(IsLeaseOf(kSeed, id, kGroup));
  GroupKey other = kGroup;
  ++other.attempt;
  EXPECT_FALSE(IsLeaseOf(kSeed, id, other));
  EXPECT_FALSE(IsLeaseOf(kSeed + 1, id, kGroup));
  EXPECT_FALSE(IsLeaseOf(kSeed, id + 1, kGroup));
}

TEST(LeaseId, KnowsItsEpoch) {
  EXPECT_TRUE(IsLeaseOfEpoch(MakeLeaseId(kSeed, 2, 5, kGroup), 2));
  EXPECT_FALSE(IsLeaseOfEpoch(MakeLeaseId(kSeed, 2, 5, kGroup), 3));
}

// Ten thousand actors use up any count in time.
TEST(LeaseId, CountsGoRound) {
  constexpr uint64_t kRound = uint64_t{1} << 26;
  for (const uint64_t count : {kRound - 1, kRound, kRound + 1}) {
    const uint64_t id = MakeLeaseId(kSeed, 2, count, kGroup);
    EXPECT_TRUE(IsLeaseOf(kSeed, id, kGroup)) << count;
    EXPECT_TRUE(IsLeaseOfEpoch(id, 2)) << count;
    EXPECT_NE(id, MakeLeaseId(kSeed, 2, count + 1, kGroup)) << count;
  }
}

}  // namespace
}  // namespace gyre::coordinator

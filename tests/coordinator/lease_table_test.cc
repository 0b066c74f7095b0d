#include "coordinator/lease_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gyre::coordinator {
namespace {

using testing::IsEmpty;
using testing::IsNull;

constexpr uint64_t kSeed = 7;
constexpr GroupKey kGroup{.stage = 1, .purpose = TRAIN, .slot = 12, .attempt = 0};
constexpr GroupKey kOthers[] = {
    {.stage = 1, .purpose = TRAIN, .slot = 12, .attempt = 1},
    {.stage = 1, .purpose = TRAIN, .slot = 13, .attempt = 0},
    {.stage = 1, .purpose = EVAL, .slot = 12, .attempt = 0},
    {.stage = 0, .purpose = TRAIN, .slot = 12, .attempt = 0},
};
PolicyKey Policy() { return {}; }

class LeaseTableTest : public testing::Test {
 protected:
  LeaseTable MakeTable(uint64_t epoch) { return LeaseTable(kSeed, epoch, limits_); }
  HeartbeatRequest::LeaseProgress Progress(uint64_t id, uint64_t tokens) {
    HeartbeatRequest::LeaseProgress progress;
    progress.set_lease_id(id);
    progress.set_tokens(tokens);
    return progress;
  }

  const RunLimits limits_;
  const absl::Time now_ = absl::FromUnixSeconds(1000);
};

TEST_F(LeaseTableTest, ALeaseOfAFormerEpochIsTheLastOfItsOwnGroupOnly) {
  const uint64_t id = MakeTable(1).Grant(kGroup, 5, Policy(), now_).id;
  const LeaseTable restarted = MakeTable(2);
  EXPECT_TRUE(restarted.IsLast(kGroup, id));
  for (const GroupKey& other : kOthers) {
    EXPECT_FALSE(restarted.IsLast(other, id)) << Describe(other);
    EXPECT_FALSE(restarted.IsOf(other, id)) << Describe(other);
  }
}

TEST_F(LeaseTableTest, AnIdThatWasNeverGrantedIsOfNoGroup) {
  const uint64_t id = MakeTable(1).Grant(kGroup, 5, Policy(), now_).id;
  const LeaseTable restarted = MakeTable(2);
  for (const uint64_t wrong : {uint64_t{0}, uint64_t{1}, id - 1, id + 1, id ^ uint64_t{1} << 63}) {
    EXPECT_FALSE(restarted.IsOf(kGroup, wrong)) << wrong;
    EXPECT_FALSE(restarted.IsLast(kGroup, wrong)) << wrong;
  }
  const LeaseTable other_run(kSeed + 1, 2, limits_);
  EXPECT_FALSE(other_run.IsLast(kGroup, id));
}

TEST_F(LeaseTableTest, ALeaseIsTheLastUntilTheGroupIsLeasedAgain) {
  LeaseTable table = MakeTable(1);
  const uint64_t first = table.Grant(kGroup, 5, Policy(), now_).id;
  ASSERT_TRUE(table.Take(first, 5).has_value());
  EXPECT_TRUE(table.IsLast(kGroup, first));
  const uint64_t second = table.Grant(kGroup, 6, Policy(), now_).id;
  EXPECT_NE(first, second);
  ASSERT_TRUE(table.Take(second, 6).has_value());
  EXPECT_FALSE(table.IsLast(kGroup, first));
  EXPECT_TRUE(table.IsLast(kGroup, second));
}

TEST_F(LeaseTableTest, AFormerLeaseGoesOnUnderItsOldId) {
  const uint64_t id = MakeTable(1).Grant(kGroup, 5, Policy(), now_).id;
  LeaseTable restarted = MakeTable(2);
  restarted.Claim(id, kGroup, 6, Policy(), now_);
  ASSERT_NE(restarted.FindGroup(kGroup), nullptr);
  EXPECT_EQ(restarted.FindGroup(kGroup)->id, id);
  EXPECT_TRUE(restarted.Report(Progress(id, 1), 6, now_));
  EXPECT_FALSE(restarted.Report(Progress(id, 1), 5, now_)) << "it is another member's";
}

TEST_F(LeaseTableTest, ProgressRenewsALeaseUpToItsAbsoluteEnd) {
  LeaseTable table = MakeTable(1);
  const uint64_t id = table.Grant(kGroup, 5, Policy(), now_).id;
  absl::Time now = now_;
  for (uint64_t tokens = 1; now + limits_.lease <= now_ + limits_.lease_absolute; ++tokens) {
    now += limits_.lease;
    EXPECT_THAT(table.TakeExpired(now), IsEmpty());
    ASSERT_TRUE(table.Report(Progress(id, tokens), 5, now));
  }
  EXPECT_EQ(table.TakeExpired(now_ + limits_.lease_absolute + absl::Seconds(1)).size(), 1u);
  EXPECT_THAT(table.Find(id), IsNull());
}

TEST_F(LeaseTableTest, ALeaseThatWasTakenAtItsAbsoluteEndDoesNotGoOn) {
  LeaseTable table = MakeTable(1);
  const uint64_t id = table.Grant(kGroup, 5, Policy(), now_).id;
  const absl::Time end = now_ + limits_.lease_absolute;
  ASSERT_TRUE(table.Take(id, 5).has_value());
  EXPECT_TRUE(table.MayGoOn(kGroup, id, end - absl::Seconds(1)));
  EXPECT_FALSE(table.MayGoOn(kGroup, id, end));
  EXPECT_TRUE(table.IsLast(kGroup, id)) << "its holder may still hand the group in";
}

}  // namespace
}  // namespace gyre::coordinator

#include "learner/share.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace gyre::learner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<GroupCost> RandomGroups(size_t count, uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<GroupCost> groups(count);
  for (GroupCost& group : groups) {
    group.sequence_tokens = 200 + generator() % 1800;
    group.train_tokens = generator() % 5 == 0 ? 0 : group.sequence_tokens - 80;
  }
  return groups;
}

TEST(AssignShares, GivesEachKeptGroupToOneReplicaOfItsMiniBatch) {
  const std::vector<GroupCost> groups = RandomGroups(30, 1);
  const GroupShares shares = AssignShares(groups, 3, 4);
  ASSERT_EQ(shares.size(), 4u);
  const std::vector<uint32_t> ends = {8, 16, 23, 30};
  std::set<uint32_t> seen;
  for (size_t batch = 0; batch < 4; ++batch) {
    ASSERT_EQ(shares[batch].size(), 3u);
    for (const std::vector<uint32_t>& share : shares[batch]) {
      EXPECT_TRUE(std::is_sorted(share.begin(), share.end()));
      for (const uint32_t group : share) {
        EXPECT_TRUE(seen.insert(group).second);
        EXPECT_GT(groups[group].train_tokens, 0u);
        EXPECT_LT(group, ends[batch]);
        EXPECT_GE(group, batch == 0 ? 0 : ends[batch - 1]);
      }
    }
  }
  const auto kept = std::count_if(groups.begin(), groups.end(),
                                  [](const GroupCost& group) { return group.train_tokens > 0; });
  EXPECT_EQ(static_cast<int64_t>(seen.size()), kept);
}

TEST(AssignShares, BalancesTheCost) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const std::vector<GroupCost> groups = RandomGroups(32, seed);
    const GroupShares shares = AssignShares(groups, 2, 1);
    std::vector<uint64_t> load;
    for (const std::vector<uint32_t>& share : shares[0]) {
      load.push_back(0);
      for (const uint32_t group : share) load.back() += groups[group].sequence_tokens;
    }
    EXPECT_LT(std::max(load[0], load[1]), 1.05 * static_cast<double>(std::min(load[0], load[1])));
  }
}

TEST(AssignShares, BreaksTiesByIndex) {
  EXPECT_THAT(AssignShares(std::vector<GroupCost>(5, {10, 10}), 2, 1),
              ElementsAre(ElementsAre(ElementsAre(0, 2, 4), ElementsAre(1, 3))));
}

TEST(AssignShares, MayGiveNothing) {
  EXPECT_THAT(
      AssignShares({{0, 50}, {7, 50}}, 2, 2),
      ElementsAre(ElementsAre(IsEmpty(), IsEmpty()), ElementsAre(ElementsAre(1), IsEmpty())));
}

TEST(AssignExamples, BalancesAndCoversAll) {
  EXPECT_THAT(AssignExamples({5, 40, 7, 30, 8}, 2),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3, 4)));
  EXPECT_THAT(AssignExamples({5, 40}, 1), ElementsAre(ElementsAre(0, 1)));
}

}  // namespace
}  // namespace gyre::learner

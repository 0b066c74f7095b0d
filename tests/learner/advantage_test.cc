// Golden numbers: the formulas of arXiv 2402.03300 and 2503.20783 by hand.
#include "learner/advantage.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace gyre::learner {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

auto Near(double value) { return DoubleNear(value, 6e-6); }

TEST(GroupAdvantages, DivideByTheSampleStd) {
  EXPECT_THAT(GroupAdvantages({1.0, 0.0, 0.0, 0.0}, GrpoSpec::SAMPLE, 1e-6),
              ElementsAre(Near(1.5), Near(-0.5), Near(-0.5), Near(-0.5)));
  EXPECT_THAT(GroupAdvantages({2.0, 1.0, 1.0, 0.0}, GrpoSpec::SAMPLE, 1e-6),
              ElementsAre(Near(1.22474), Near(0), Near(0), Near(-1.22474)));
  std::vector<double> one_of_16(16, 0.0);
  one_of_16[0] = 1;
  const std::vector<double> advantages = GroupAdvantages(one_of_16, GrpoSpec::SAMPLE, 1e-6);
  EXPECT_NEAR(advantages[0], 3.74999, 6e-6);
  EXPECT_NEAR(advantages[15], -0.25, 6e-6);
}

TEST(GroupAdvantages, DivideByThePopulationStd) {
  EXPECT_THAT(GroupAdvantages({1.0, 0.0, 0.0, 0.0}, GrpoSpec::POPULATION, 1e-4),
              ElementsAre(Near(1.73165), Near(-0.57722), Near(-0.57722), Near(-0.57722)));
}

TEST(GroupAdvantages, WithoutStdAreDifferencesFromTheMean) {
  EXPECT_THAT(GroupAdvantages({1.0, 0.0, 0.0, 0.0}, GrpoSpec::NONE, 1e-6),
              ElementsAre(Near(0.75), Near(-0.25), Near(-0.25), Near(-0.25)));
}

TEST(GroupAdvantages, AreExactlyZeroForEqualTotals) {
  for (const GrpoSpec::Std std : {GrpoSpec::POPULATION, GrpoSpec::SAMPLE, GrpoSpec::NONE}) {
    EXPECT_THAT(GroupAdvantages({0.1, 0.1, 0.1}, std, 0.0), ElementsAre(0.0, 0.0, 0.0));
    EXPECT_THAT(GroupAdvantages({0.7}, std, 1e-6), ElementsAre(0.0));
    EXPECT_TRUE(GroupAdvantages({}, std, 1e-6).empty());
  }
}

}  // namespace
}  // namespace gyre::learner

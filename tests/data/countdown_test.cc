#include "data/countdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/digest.h"

namespace gyre::data {
namespace {

using testing::Contains;

std::set<std::string> Ids(const std::vector<CountdownProblem>& problems) {
  std::set<std::string> ids;
  for (const CountdownProblem& problem : problems) ids.insert(CountdownId(problem));
  return ids;
}

// Which tries there are, as "working | expression", for the numbers 5 3 9.
std::vector<std::string> Shown(const std::array<int, 3>& numbers) {
  std::vector<std::string> shown;
  for (const CountdownTry& attempt : CountdownTries(numbers)) {
    shown.push_back(absl::StrCat(attempt.working, " | ", attempt.expression));
  }
  return shown;
}

TEST(Countdown, WritesTriesAndTheirExpressions) {
  const std::vector<std::string> tries = Shown({5, 3, 9});
  EXPECT_THAT(tries, Contains("5*3=15,15-9=6 | (5*3)-9"));
  EXPECT_THAT(tries, Contains("5-3=2,9-2=7 | 9-(5-3)"));
  EXPECT_THAT(tries, Contains("5-3=2,2*9=18 | (5-3)*9"));
  EXPECT_THAT(tries, Contains("9-3=6,6-5=1 | (9-3)-5"));
  EXPECT_THAT(tries, Contains("3*9=27,27+5=32 | (3*9)+5"));
  EXPECT_THAT(Shown({4, 4, 4}), Contains("4-4=0,4-0=4 | 4-(4-4)"));
  EXPECT_THAT(Shown({2, 2, 4}), Contains("2+2=4,4-4=0 | (2+2)-4"));
}

TEST(Countdown, KeepsValuesWithin99AndWritesEachTryOnce) {
  for (const CountdownTry& attempt : CountdownTries({9, 9, 9})) {
    EXPECT_GE(attempt.value, 0);
    EXPECT_LE(attempt.value, 99);
  }
  std::vector<std::string> tries = Shown({9, 9, 9});
  // 9+9=18 → 27, 9 (18*9 is too large); 9*9=81 → 90, 72; 9-9=0 → 9, 0, 9.
  EXPECT_EQ(tries.size(), 7u) << absl::StrJoin(tries, "\n");
}

TEST(Countdown, Has1319ProblemsOfWhich300AreHeldOut) {
  const CountdownSplit split = MakeCountdownSplit();
  EXPECT_EQ(split.held_out.size(), 300u);
  EXPECT_EQ(split.train.size(), 1019u);
  std::set<std::string> ids = Ids(split.train);
  ids.merge(Ids(split.held_out));
  EXPECT_EQ(ids.size(), 1319u);
}

// Figures of the published recipe: 22 tries a problem, of which 6.7 % solve.
TEST(Countdown, HasAbout22TriesAProblemOfWhichAFifteenthSolves) {
  const CountdownSplit split = MakeCountdownSplit();
  std::vector<CountdownProblem> problems = split.train;
  problems.insert(problems.end(), split.held_out.begin(), split.held_out.end());
  double num_tries = 0, solving_fraction = 0;
  for (const CountdownProblem& problem : problems) {
    const std::vector<CountdownTry> tries = CountdownTries(problem.numbers);
    const auto num_solving =
        std::count_if(tries.begin(), tries.end(),
                      [&](const CountdownTry& attempt) { return attempt.value == problem.target; });
    EXPECT_GT(num_solving, 0);
    num_tries += tries.size();
    solving_fraction += static_cast<double>(num_solving) / tries.size();
  }
  EXPECT_NEAR(num_tries / problems.size(), 22, 0.5);
  EXPECT_NEAR(solving_fraction / problems.size(), 0.067, 0.003);
}

TEST(Countdown, HeldOutProblemsNeverChange) {
  std::string all;
  for (const CountdownProblem& problem : MakeCountdownSplit().held_out) {
    absl::StrAppend(&all, CountdownId(problem), "\n");
  }
  // Another digest means that accuracies of earlier runs cannot be compared with new ones.
  EXPECT_EQ(base::Sha256::Of(all).ToHex(),
            "139abc5f39b6b06959838d1b3ee132a14625ebbefd2e8c01481cf80a58087e1b");
}

TEST(Countdown, HeldOutProblemsAreSpreadOverTargets) {
  int below_40 = 0;
  for (const CountdownProblem& problem : MakeCountdownSplit().held_out) {
    if (problem.target < 40) ++below_40;
  }
  int below_40_train = 0;
  for (const CountdownProblem& problem : MakeCountdownSplit().train) {
    if (problem.target < 40) ++below_40_train;
  }
  EXPECT_NEAR(below_40 / 300.0, below_40_train / 1019.0, 0.1);
}

TEST(Countdown, PermutesNumbersInSixWays) {
  std::set<std::array<int, 3>> orders;
  for (int i = 0; i < 6; ++i) orders.insert(Permuted({1, 2, 3}, i));
  EXPECT_EQ(orders.size(), 6u);
  EXPECT_EQ(Permuted({1, 2, 3}, 0), (std::array<int, 3>{1, 2, 3}));
}

TEST(Countdown, PromptKeepsTheOrderAndTheIdDoesNot) {
  const CountdownProblem problem{{5, 7, 6}, 37};
  EXPECT_EQ(CountdownPrompt(problem), "<bos>5 7 6=37:");
  EXPECT_EQ(CountdownId(problem), "countdown-5-6-7-37");
}

}  // namespace
}  // namespace gyre::data

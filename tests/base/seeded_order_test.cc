#include "base/seeded_order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace gyre::base {
namespace {

std::vector<std::uint64_t> Pass(const SeededOrder& order, std::uint64_t pass) {
  std::vector<std::uint64_t> indices;
  for (std::uint64_t k = 0; k < order.size(); ++k) {
    indices.push_back(order.Index(pass * order.size() + k));
  }
  return indices;
}

TEST(SeededOrder, VisitsEachIndexOnceAPass) {
  for (const std::uint64_t n : {1, 2, 3, 7, 64, 100, 1021}) {
    const SeededOrder order(5, n);
    for (const std::uint64_t pass : {0, 1, 1'000'000}) {
      const std::vector<std::uint64_t> indices = Pass(order, pass);
      const std::set<std::uint64_t> distinct(indices.begin(), indices.end());
      EXPECT_EQ(distinct.size(), n);
      EXPECT_EQ(*distinct.rbegin(), n - 1);
    }
  }
}

TEST(SeededOrder, ShufflesEachPassAndSeedAnew) {
  const SeededOrder order(5, 100);
  EXPECT_NE(Pass(order, 0), Pass(order, 1));
  EXPECT_NE(Pass(order, 0), Pass(SeededOrder(6, 100), 0));
  EXPECT_EQ(Pass(order, 3), Pass(SeededOrder(5, 100), 3));
}

TEST(SeededOrder, NeverChanges) {
  // Recorded once: a change would alter the problems of every run that is resumed.
  EXPECT_EQ(Pass(SeededOrder(1, 8), 0), (std::vector<std::uint64_t>{0, 1, 6, 3, 2, 5, 7, 4}));
}

TEST(SeededOrder, MakesEveryPermutationOfFewThingsEquallyOften) {
  for (const std::uint64_t n : {2, 3, 4, 5}) {
    const SeededOrder order(11, n);
    int permutations = 1;
    for (std::uint64_t i = 2; i <= n; ++i) permutations *= static_cast<int>(i);
    const int passes = 200 * permutations;
    std::map<std::vector<std::uint64_t>, int> counts;
    for (int pass = 0; pass < passes; ++pass) ++counts[Pass(order, pass)];
    double chi_square = 0;
    for (const auto& [unused, count] : counts)
      chi_square += (count - 200.0) * (count - 200.0) / 200;
    EXPECT_EQ(static_cast<int>(counts.size()), permutations);
    // Mean of a fair shuffle: permutations - 1; its standard deviation: sqrt(2 (permutations - 1)).
    const double freedom = permutations - 1;
    EXPECT_LT(chi_square, freedom + 5 * std::sqrt(2 * freedom)) << "n = " << n;
  }
}

TEST(SeededOrder, SpreadsAMillionIndicesEvenlyOverAPass) {
  // The first and the last of each pass must not favour a part of the range: a chi-square over ten
  // parts.
  const SeededOrder order(3, 1'000'000);
  std::vector<int> first(10);
  std::vector<int> last(10);
  for (std::uint64_t pass = 0; pass < 2000; ++pass) {
    ++first[order.Index(pass * 1'000'000) / 100'000];
    ++last[order.Index(pass * 1'000'000 + 999'999) / 100'000];
  }
  for (const std::vector<int>& counts : {first, last}) {
    double chi_square = 0;
    for (const int count : counts) chi_square += (count - 200.0) * (count - 200.0) / 200;
    EXPECT_LT(chi_square, 9 + 5 * std::sqrt(18));
  }
}

}  // namespace
}  // namespace gyre::base

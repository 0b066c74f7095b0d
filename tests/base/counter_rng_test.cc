#include "base/counter_rng.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace gyre::base {
namespace {

// Random123's tests/kat_vectors, lines "philox4x32 10" (github.com/DEShawResearch/random123).
TEST(Philox, GivesTheKnownAnswersOfRandom123) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, 0),
            (Uint32x4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffff),
            (Uint32x4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
            (Uint32x4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// SplitMix64 from state 0 gives these three first (Vigna's splitmix64.c, prng.di.unimi.it); the
// state grows by 2^64 / phi.
TEST(ScatterBits, IsTheOutputFunctionOfSplitMix64) {
  EXPECT_EQ(ScatterBits(0x9E3779B97F4A7C15), 0xE220A8397B1DCDAF);
  EXPECT_EQ(ScatterBits(2 * 0x9E3779B97F4A7C15), 0x6E789E6AA1B965F4);
  EXPECT_EQ(ScatterBits(3 * 0x9E3779B97F4A7C15), 0x06C45D188009454F);
}

TEST(CounterRng, NeverChangesItsKeysAndDraws) {
  // Recorded once: a change would alter every run that is resumed.
  constexpr CounterRng rng({7, "train", 3});
  EXPECT_EQ(rng.key(), 14647180580734682756u);
  EXPECT_EQ(rng.At(5), (Uint32x4{370145941, 3757942195, 3234670628, 825071622}));
}

TEST(CounterRng, DistinguishesValueOrderAndNumberOfKeyParts) {
  const std::set<std::uint64_t> keys = {
      CounterRng({}).key(),           CounterRng({0}).key(),        CounterRng({0, 0}).key(),
      CounterRng({1, 2}).key(),       CounterRng({2, 1}).key(),     CounterRng({"a", "bc"}).key(),
      CounterRng({"ab", "c"}).key(),  CounterRng({"abc"}).key(),    CounterRng({""}).key(),
      CounterRng({"train", 1}).key(), CounterRng({"eval", 1}).key()};
  EXPECT_EQ(keys.size(), 11u);
}

TEST(CounterRng, TakesStringsIntegersAndEnumeratorsByValue) {
  enum class Purpose { kEval = 2 };
  EXPECT_EQ(CounterRng({std::string("eval"), 2}).key(), CounterRng({"eval", 2ull}).key());
  EXPECT_EQ(CounterRng({Purpose::kEval}).key(), CounterRng({std::uint8_t{2}}).key());
  EXPECT_EQ(CounterRng({-1}).key(), CounterRng({~std::uint64_t{0}}).key());
}

TEST(CounterRng, UsesAllBitsOfBothCounters) {
  const CounterRng rng({1});
  const std::set<Uint32x4> draws = {rng.At(1),    rng.At(1ull << 32),    rng.At(1ull << 63),
                                    rng.At(0, 1), rng.At(0, 1ull << 32), rng.At(0)};
  EXPECT_EQ(draws.size(), 6u);
}

TEST(CounterRng, DrawsUniformNumbersBelowOne) {
  const CounterRng rng({42});
  constexpr int kDraws = 100'000;
  constexpr int kBins = 64;
  std::vector<int> counts(kBins);
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const float draw = rng.Uniform(i);
    ASSERT_GE(draw, 0.0f);
    ASSERT_LT(draw, 1.0f);
    ASSERT_EQ(draw * 0x1p24f, static_cast<float>(static_cast<int>(draw * 0x1p24f)));
    sum += rng.UniformDouble(i);
    ++counts[static_cast<int>(draw * kBins)];
  }
  double chi_square = 0;
  for (const int count : counts) {
    const double expected = static_cast<double>(kDraws) / kBins;
    chi_square += (count - expected) * (count - expected) / expected;
  }
  // 63 degrees of freedom: a fair generator exceeds 110 once in 4,000 keys.
  EXPECT_LT(chi_square, 110);
  // Four standard deviations of the mean.
  EXPECT_NEAR(sum / kDraws, 0.5, 4 * 0.2887 / 316.2);
}

TEST(CounterRng, DrawsEveryValueBelowItsBoundEquallyOften) {
  const CounterRng rng({43});
  std::vector<int> counts(10);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t draw = rng.Below(i, 10);
    ASSERT_LT(draw, 10u);
    ++counts[draw];
  }
  // Five standard deviations of a count.
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 5 * 94.9);
  EXPECT_EQ(rng.Below(0, 1), 0u);
}

}  // namespace
}  // namespace gyre::base

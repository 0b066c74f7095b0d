#include "kernels/double_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gyre::kernels {
namespace {

double RelativeError(double value, long double exact) {
  return static_cast<double>(std::abs((value - exact) / exact));
}

TEST(DoubleMath, AgreesWithLongDouble) {
  double exp = 0;
  double log = 0;
  double turn = 0;
  for (int i = -100000; i < 100000; ++i) {
    const double x = i * 0.007;
    exp = std::max(exp, RelativeError(DoubleExp(x), std::exp(static_cast<long double>(x))));
    const double y = std::abs(x) + 1e-9;
    log = std::max(log, RelativeError(DoubleLog(y), std::log(static_cast<long double>(y))));
    const CosSin at = CosSinOfAngle(y);
    turn = std::max(turn,
                    std::abs(static_cast<double>(at.cos - std::cos(static_cast<long double>(y)))));
    turn = std::max(turn,
                    std::abs(static_cast<double>(at.sin - std::sin(static_cast<long double>(y)))));
  }
  EXPECT_LT(exp, 4e-16);
  EXPECT_LT(log, 4e-16);
  EXPECT_LT(turn, 3e-16);
}

TEST(DoubleMath, TurnsAreWholeCircles) {
  for (int i = 0; i < 1000; ++i) {
    const double turns = i / 1000.0;
    const long double angle = 2 * 3.14159265358979323846264L * turns;
    EXPECT_NEAR(CosSinOfTurns(turns).cos, static_cast<double>(std::cos(angle)), 3e-16);
    EXPECT_NEAR(CosSinOfTurns(turns).sin, static_cast<double>(std::sin(angle)), 3e-16);
  }
  EXPECT_EQ(CosSinOfTurns(0.25).cos, 0);
  EXPECT_EQ(CosSinOfTurns(0.5).cos, -1);
}

TEST(DoubleMath, ExpIsExactAtZeroAndSoundAtItsEnds) {
  EXPECT_EQ(DoubleExp(0.0), 1.0);
  EXPECT_EQ(DoubleExp(-0.0), 1.0);
  EXPECT_GT(DoubleExp(-708), std::numeric_limits<double>::min());
  EXPECT_TRUE(std::isfinite(DoubleExp(709)));
  EXPECT_EQ(DoubleExp(-1e4), 0);
  EXPECT_EQ(DoubleExp(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(DoubleExp(1e4), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(DoubleExp(std::numeric_limits<double>::quiet_NaN())));
}

TEST(DoubleMath, PowersAreThoseOfTheirExponent) {
  EXPECT_EQ(DoublePower(0.9, 0), 1);
  EXPECT_EQ(DoublePower(0.9, 1), 0.9);
  EXPECT_EQ(DoublePower(2, 10), 1024);
  for (const double base : {0.9, 0.95, 0.999}) {
    for (const uint64_t exponent : {3, 100, 2400, 5000}) {
      const long double exact = std::pow(static_cast<long double>(base), exponent);
      EXPECT_LT(RelativeError(DoublePower(base, exponent), exact), 1e-12);
    }
  }
}

// What other machines and C libraries must give, to the bit.
TEST(DoubleMath, GivesTheseBitsEverywhere) {
  EXPECT_EQ(DoubleExp(-20), 0x1.1b48655f37267p-29);
  EXPECT_EQ(DoubleExp(-0.75), 0x1.e3b40ebefcd7ep-2);
  EXPECT_EQ(DoubleExp(0.001234), 0x1.0050ebdd15176p+0);
  EXPECT_EQ(DoubleExp(20), 0x1.ceb088b68e804p+28);
  EXPECT_EQ(DoubleLog(0.3), -0x1.34378fcbda721p+0);
  EXPECT_EQ(DoubleLog(10000), 0x1.26bb1bbb55516p+3);
  EXPECT_EQ(CosSinOfAngle(2.5).cos, -0x1.9a2f7ef858b7dp-1);
  EXPECT_EQ(CosSinOfAngle(1000).sin, 0x1.a75cc150a206cp-1);
  EXPECT_EQ(DoublePower(0.9, 1000), 0x1.fee7413dac412p-153);
}

}  // namespace
}  // namespace gyre::kernels

#include "kernels/double_math.h"

#include <cstring>
#include <limits>

namespace gyre::kernels {
namespace {

constexpr double kLn2High = 6.93147180369123816490e-01;  // 32 bits: exact times a small integer
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kHalfPi = 1.57079632679489661923;

double PowerOfTwo(int exponent) {
  const uint64_t bits = static_cast<uint64_t>(1023 + exponent) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return power;
}

// Of r past so many quarter turns, |r| at most an eighth of a turn. Taylor series in Horner's form;
// their errors are below 1e-17.
CosSin CosSinBeyond(int64_t quarters, double r) {
  const double r2 = r * r;
  double cos = 1.0;
  double sin = 1.0;
  for (int i = 18; i >= 2; i -= 2) {
    cos = 1.0 - cos * (r2 / (i * (i - 1)));
    sin = 1.0 - sin * (r2 / (i * (i + 1)));
  }
  sin *= r;
  switch (quarters & 3) {
    case 0:
      return {cos, sin};
    case 1:
      return {-sin, cos};
    case 2:
      return {-cos, -sin};
    default:
      return {sin, -cos};
  }
}

}  // namespace

// 2^k · e^r with |r| at most ln(2) / 2.
double DoubleExp(double x) {
  if (x != x) return x;
  if (x < -708) return 0;
  if (x > 709) return std::numeric_limits<double>::infinity();
  const int exponent = static_cast<int>(x * 1.44269504088896340736 + (x < 0 ? -0.5 : 0.5));
  const double r = (x - exponent * kLn2High) - exponent * kLn2Low;
  double series = 1.0;
  for (int i = 16; i >= 1; --i) series = 1.0 + series * (r / i);
  // 2^1023 is the largest that stands in one number, and the series may be below 1.
  return exponent > 1000 ? series * PowerOfTwo(exponent - 1) * 2.0 : series * PowerOfTwo(exponent);
}

// x = m·2^e with m in [1/√2, √2), so that nothing cancels near 1; ln m = 2·atanh(s), s =
// (m-1)/(m+1), |s| < 0.172.
double DoubleLog(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000;
  double m;
  std::memcpy(&m, &bits, sizeof m);
  if (m >= 1.41421356237309504880) {
    m *= 0.5;
    ++exponent;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double s2 = s * s;
  double series = 0.0;
  for (int odd = 25; odd >= 3; odd -= 2) series = (series + 1.0 / odd) * s2;
  return exponent * kLn2High + (exponent * kLn2Low + 2.0 * (s + s * series));
}

double DoublePower(double base, uint64_t exponent) {
  double power = 1;
  for (double square = base; exponent > 0; exponent >>= 1, square *= square) {
    if (exponent & 1) power *= square;
  }
  return power;
}

// Reduced by multiples of π/2 in three parts (Cody and Waite; fdlibm's constants of 33 bits, so
// that the multiple of a part is exact up to 2^20 quarter turns).
CosSin CosSinOfAngle(double angle) {
  constexpr double kPart1 = 1.57079632673412561417e+00;
  constexpr double kPart2 = 6.07710050630396597660e-11;
  constexpr double kPart3 = 2.02226624879595063154e-21;
  const int64_t quarters = static_cast<int64_t>(angle * 6.36619772367581382433e-01 + 0.5);
  const double n = static_cast<double>(quarters);
  return CosSinBeyond(quarters, ((angle - n * kPart1) - n * kPart2) - n * kPart3);
}

// The reduction is exact.
CosSin CosSinOfTurns(double turns) {
  const int quarters = static_cast<int>(turns * 4.0 + 0.5);
  return CosSinBeyond(quarters, (turns * 4.0 - quarters) * kHalfPi);
}

}  // namespace gyre::kernels

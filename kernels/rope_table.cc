#include "kernels/rope_table.h"

#include <cstring>

namespace gyre::kernels {
namespace {

// Own elementary functions in double, from additions, multiplications and divisions alone; errors
// of a few 1e-16 relative, far below the rounding to f32 that follows.

constexpr double kLn2High = 6.93147180369123816490e-01;  // 32 bits: exact times a small integer
constexpr double kLn2Low = 1.90821492927058770002e-10;

double PowerOfTwo(int exponent) {
  const uint64_t bits = static_cast<uint64_t>(1023 + exponent) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return power;
}

// log(x) for x >= 1: 2·atanh(s), s = (m - 1) / (m + 1), with m in [1, 2).
double Log(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const int exponent = static_cast<int>(bits >> 52) - 1023;
  const double mantissa = x / PowerOfTwo(exponent);
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  const double s2 = s * s;
  double series = 0.0;
  for (int odd = 35; odd >= 3; odd -= 2) series = (series + 1.0 / odd) * s2;
  return exponent * kLn2High + (exponent * kLn2Low + 2.0 * (s + s * series));
}

// exp(x) for -700 < x <= 0.
double Exp(double x) {
  const int exponent = static_cast<int>(x * 1.44269504088896340736 - 0.5);
  const double r = (x - exponent * kLn2High) - exponent * kLn2Low;
  double series = 1.0;
  for (int i = 16; i >= 1; --i) series = 1.0 + series * (r / i);
  return series * PowerOfTwo(exponent);
}

struct Turn {
  double cos;
  double sin;
};

// cos and sin of an angle in [0, 2^31), reduced by multiples of π/2 in three parts (Cody and Waite;
// fdlibm's constants of 33 bits, so that the multiple of a part is exact up to 2^20 quarter turns
// and good to 1e-13 beyond).
Turn CosSin(double angle) {
  constexpr double kPart1 = 1.57079632673412561417e+00;
  constexpr double kPart2 = 6.07710050630396597660e-11;
  constexpr double kPart3 = 2.02226624879595063154e-21;
  const int64_t quarters = static_cast<int64_t>(angle * 6.36619772367581382433e-01 + 0.5);
  const double n = static_cast<double>(quarters);
  const double r = ((angle - n * kPart1) - n * kPart2) - n * kPart3;
  const double r2 = r * r;
  double cos = 1.0;
  double sin = 1.0;
  for (int i = 18; i >= 2; i -= 2) {
    cos = 1.0 - cos * (r2 / (i * (i - 1)));
    sin = 1.0 - sin * (r2 / (i * (i + 1)));
  }
  sin = sin * r;
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

RopeTable::RopeTable(int32_t head_size, int64_t num_positions, double theta)
    : num_positions_(num_positions),
      cos_(static_cast<size_t>(num_positions * (head_size / 2))),
      sin_(static_cast<size_t>(num_positions * (head_size / 2))) {
  const int32_t half = head_size / 2;
  const double log_theta = Log(theta);
  for (int32_t i = 0; i < half; ++i) {
    const double frequency = Exp(-2.0 * i / head_size * log_theta);
    for (int64_t position = 0; position < num_positions; ++position) {
      const Turn turn = CosSin(static_cast<double>(position) * frequency);
      const size_t at = static_cast<size_t>(position * half + i);
      cos_[at] = static_cast<float>(turn.cos);
      sin_[at] = static_cast<float>(turn.sin);
    }
  }
}

}  // namespace gyre::kernels

#include "model/normal_draw.h"

#include <cmath>
#include <cstring>

namespace gyre::model {
namespace {

constexpr double kLn2 = 6.93147180559945309417e-01;
constexpr double kHalfPi = 1.57079632679489661923;

// ln(x) for a normal x > 0: x = m·2^e with m in [1/√2, √2), so that nothing cancels near 1;
// ln m = 2·atanh(s), s = (m-1)/(m+1), |s| < 0.172.
double Log(double x) {
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
  return exponent * kLn2 + 2.0 * (s + s * series);
}

struct Turn {
  double cos;
  double sin;
};

// Of `turns` full turns, 0 <= turns < 1. The reduction to an eighth of a turn to either side of a
// quarter is exact; the Taylor series then err by less than 1e-17.
Turn CosSin(double turns) {
  const int quarters = static_cast<int>(turns * 4.0 + 0.5);
  const double r = (turns * 4.0 - quarters) * kHalfPi;
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

NormalPair DrawNormals(const base::CounterRng& rng, uint64_t counter) {
  const base::Uint32x4 words = rng.At(counter);
  const uint64_t a = words[0] | uint64_t{words[1]} << 32;
  const uint64_t b = words[2] | uint64_t{words[3]} << 32;
  // In (0, 1] and [0, 1): multiples of 2^-53.
  const double u = static_cast<double>((a >> 11) + 1) * 0x1p-53;
  const double turns = static_cast<double>(b >> 11) * 0x1p-53;
  const double radius = std::sqrt(-2.0 * Log(u));
  const Turn turn = CosSin(turns);
  return {radius * turn.cos, radius * turn.sin};
}

}  // namespace gyre::model

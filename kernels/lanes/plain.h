// Sixteen virtual lanes of f32 in standard C++: what the vector forms must equal bit for bit.
// Included by one translation unit only; everything has internal linkage
// (docs/numerics.md says why).
#pragma once

#include <cstdint>
#include <cstring>

namespace gyre::kernels {
namespace {

// The register tile of a matrix product: rows, and vectors of 16 columns.
constexpr int kTileRows = 4;
constexpr int kTileVectors = 1;

struct Lanes {
  float at[16];

  static Lanes Set(float x) {
    Lanes r;
    for (float& value : r.at) value = x;
    return r;
  }
  static Lanes Zero() { return Set(0.0f); }
  static Lanes Load(const float* p) {
    Lanes r;
    std::memcpy(r.at, p, sizeof r.at);
    return r;
  }
  // The first n floats (n <= 16; none for n <= 0), then zeros. Nothing past them is touched.
  static Lanes Load(const float* p, int64_t n) {
    Lanes r;
    for (int i = 0; i < 16; ++i) r.at[i] = i < n ? p[i] : 0.0f;
    return r;
  }
  void Store(float* p) const { std::memcpy(p, at, sizeof at); }
  void Store(float* p, int64_t n) const {
    for (int i = 0; i < 16 && i < n; ++i) p[i] = at[i];
  }
  // The same as Load and Store, by plain moves when n is 4, 8 or 12. A masked access holds up, and
  // is held up by, its neighbours in memory as if it touched all 16 floats: these are for code that
  // writes pieces side by side and reads on.
  static Lanes LoadQuarters(const float* p, int64_t n) { return Load(p, n); }
  void StoreQuarters(float* p, int64_t n) const { Store(p, n); }
};

template <typename Operation>
inline Lanes Map(Operation operation) {
  Lanes r;
  for (int i = 0; i < 16; ++i) r.at[i] = operation(i);
  return r;
}

inline Lanes operator+(const Lanes& a, const Lanes& b) {
  return Map([&](int i) { return a.at[i] + b.at[i]; });
}
inline Lanes operator-(const Lanes& a, const Lanes& b) {
  return Map([&](int i) { return a.at[i] - b.at[i]; });
}
inline Lanes operator*(const Lanes& a, const Lanes& b) {
  return Map([&](int i) { return a.at[i] * b.at[i]; });
}
inline Lanes operator/(const Lanes& a, const Lanes& b) {
  return Map([&](int i) { return a.at[i] / b.at[i]; });
}
// a·b + c and c - a·b, each rounded once.
inline Lanes Fma(const Lanes& a, const Lanes& b, const Lanes& c) {
  return Map([&](int i) { return __builtin_fmaf(a.at[i], b.at[i], c.at[i]); });
}
inline Lanes NegFma(const Lanes& a, const Lanes& b, const Lanes& c) {
  return Map([&](int i) { return __builtin_fmaf(-a.at[i], b.at[i], c.at[i]); });
}
// The second operand when they are equal or either is not a number, as the processor's instructions
// have it.
inline Lanes Max(const Lanes& a, const Lanes& b) {
  return Map([&](int i) { return a.at[i] > b.at[i] ? a.at[i] : b.at[i]; });
}
inline Lanes Min(const Lanes& a, const Lanes& b) {
  return Map([&](int i) { return a.at[i] < b.at[i] ? a.at[i] : b.at[i]; });
}
inline Lanes Sqrt(const Lanes& a) {
  return Map([&](int i) { return __builtin_sqrtf(a.at[i]); });
}
// a < b ? x : y, lane by lane.
inline Lanes SelectLess(const Lanes& a, const Lanes& b, const Lanes& x, const Lanes& y) {
  return Map([&](int i) { return a.at[i] < b.at[i] ? x.at[i] : y.at[i]; });
}
// The first n lanes of x, the others `fill`.
inline Lanes KeepFirst(const Lanes& x, int64_t n, float fill) {
  return Map([&](int i) { return i < n ? x.at[i] : fill; });
}

// x · 2^e for the integer e in `biased` = e + 1.5·2^23 (|e| <= 252), in two steps so that the power
// itself never overflows.
inline Lanes ScaleByPowerOfTwo(const Lanes& x, const Lanes& biased) {
  return Map([&](int i) {
    uint32_t bits;
    std::memcpy(&bits, &biased.at[i], sizeof bits);
    const int32_t e = static_cast<int32_t>(bits - 0x4B400000u);
    const int32_t half = e >> 1;
    const uint32_t steps[2] = {(static_cast<uint32_t>(half) + 127u) << 23,
                               (static_cast<uint32_t>(e - half) + 127u) << 23};
    float powers[2];
    std::memcpy(powers, steps, sizeof steps);
    return x.at[i] * powers[0] * powers[1];
  });
}

// The fixed tree: lanes i and i + 8, then + 4, + 2, + 1.
inline float HorizontalSum(const Lanes& x) {
  Lanes r = x;
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) r.at[i] = r.at[i] + r.at[i + half];
  return r.at[0];
}
inline float HorizontalMax(const Lanes& x) {
  Lanes r = x;
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) r.at[i] = r.at[i] > r.at[i + half] ? r.at[i] : r.at[i + half];
  return r.at[0];
}

// Sixteen lanes of double.
struct DoubleLanes {
  double at[16] = {};

  void AddSquares(const Lanes& x) {
    for (int i = 0; i < 16; ++i) {
      const double value = x.at[i];
      at[i] = at[i] + value * value;  // the product of two f32 is exact in double
    }
  }
  double Sum() const {
    DoubleLanes r = *this;
    for (int half = 8; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) r.at[i] = r.at[i] + r.at[i + half];
    return r.at[0];
  }
};

}  // namespace
}  // namespace gyre::kernels

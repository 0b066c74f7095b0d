// Sixteen lanes as two AVX registers; lanes/plain.h says what each operation means.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace gyre::kernels {
namespace {

constexpr int kTileRows = 6;
constexpr int kTileVectors = 1;

// All ones in the first n of eight lanes.
inline __m256i FirstLanes(int64_t n) {
  const int32_t count = static_cast<int32_t>(n < 0 ? 0 : n > 8 ? 8 : n);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

struct Lanes {
  __m256 low;
  __m256 high;

  static Lanes Set(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static Lanes Zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static Lanes Load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  static Lanes Load(const float* p, int64_t n) {
    if (n >= 16) return Load(p);
    return {_mm256_maskload_ps(p, FirstLanes(n)), _mm256_maskload_ps(p + 8, FirstLanes(n - 8))};
  }
  void Store(float* p) const {
    _mm256_storeu_ps(p, low);
    _mm256_storeu_ps(p + 8, high);
  }
  void Store(float* p, int64_t n) const {
    if (n >= 16) return Store(p);
    if (n >= 8) {
      _mm256_storeu_ps(p, low);
      _mm256_maskstore_ps(p + 8, FirstLanes(n - 8), high);
    } else {
      _mm256_maskstore_ps(p, FirstLanes(n), low);
    }
  }
  static Lanes LoadQuarters(const float* p, int64_t n) {
    switch (n) {
      case 4:
        return {_mm256_zextps128_ps256(_mm_loadu_ps(p)), _mm256_setzero_ps()};
      case 8:
        return {_mm256_loadu_ps(p), _mm256_setzero_ps()};
      case 12:
        return {_mm256_loadu_ps(p), _mm256_zextps128_ps256(_mm_loadu_ps(p + 8))};
      default:
        return Load(p, n);
    }
  }
  void StoreQuarters(float* p, int64_t n) const {
    switch (n) {
      case 4:
        return _mm_storeu_ps(p, _mm256_castps256_ps128(low));
      case 8:
        return _mm256_storeu_ps(p, low);
      case 12:
        _mm256_storeu_ps(p, low);
        return _mm_storeu_ps(p + 8, _mm256_castps256_ps128(high));
      default:
        return Store(p, n);
    }
  }
};

inline Lanes operator+(Lanes a, Lanes b) {
  return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
inline Lanes operator-(Lanes a, Lanes b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
inline Lanes operator*(Lanes a, Lanes b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline Lanes operator/(Lanes a, Lanes b) {
  return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}
inline Lanes Fma(Lanes a, Lanes b, Lanes c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline Lanes NegFma(Lanes a, Lanes b, Lanes c) {
  return {_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
}
inline Lanes Max(Lanes a, Lanes b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline Lanes Min(Lanes a, Lanes b) {
  return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
inline Lanes Sqrt(Lanes a) { return {_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)}; }
inline Lanes SelectLess(Lanes a, Lanes b, Lanes x, Lanes y) {
  return {_mm256_blendv_ps(y.low, x.low, _mm256_cmp_ps(a.low, b.low, _CMP_LT_OQ)),
          _mm256_blendv_ps(y.high, x.high, _mm256_cmp_ps(a.high, b.high, _CMP_LT_OQ))};
}
inline Lanes KeepFirst(Lanes x, int64_t n, float fill) {
  const __m256 rest = _mm256_set1_ps(fill);
  return {_mm256_blendv_ps(rest, x.low, _mm256_castsi256_ps(FirstLanes(n))),
          _mm256_blendv_ps(rest, x.high, _mm256_castsi256_ps(FirstLanes(n - 8)))};
}

inline __m256 ScaleByPowerOfTwo(__m256 x, __m256 biased) {
  const __m256i e = _mm256_sub_epi32(_mm256_castps_si256(biased), _mm256_set1_epi32(0x4B400000));
  const __m256i half = _mm256_srai_epi32(e, 1);
  const __m256i bias = _mm256_set1_epi32(127);
  const __m256i first = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
  const __m256i second = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(e, half), bias), 23);
  return _mm256_mul_ps(_mm256_mul_ps(x, _mm256_castsi256_ps(first)), _mm256_castsi256_ps(second));
}
inline Lanes ScaleByPowerOfTwo(Lanes x, Lanes biased) {
  return {ScaleByPowerOfTwo(x.low, biased.low), ScaleByPowerOfTwo(x.high, biased.high)};
}

inline float HorizontalSum(Lanes x) {
  const __m256 eight = _mm256_add_ps(x.low, x.high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float HorizontalMax(Lanes x) {
  const __m256 eight = _mm256_max_ps(x.low, x.high);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

struct DoubleLanes {
  __m256d at[4] = {_mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(),
                   _mm256_setzero_pd()};

  void AddSquares(Lanes x) {
    const __m256d values[4] = {_mm256_cvtps_pd(_mm256_castps256_ps128(x.low)),
                               _mm256_cvtps_pd(_mm256_extractf128_ps(x.low, 1)),
                               _mm256_cvtps_pd(_mm256_castps256_ps128(x.high)),
                               _mm256_cvtps_pd(_mm256_extractf128_ps(x.high, 1))};
    for (int i = 0; i < 4; ++i) at[i] = _mm256_fmadd_pd(values[i], values[i], at[i]);
  }
  double Sum() const {
    const __m256d four = _mm256_add_pd(_mm256_add_pd(at[0], at[2]), _mm256_add_pd(at[1], at[3]));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
};

}  // namespace
}  // namespace gyre::kernels

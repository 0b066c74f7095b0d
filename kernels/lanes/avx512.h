// Sixteen lanes as one AVX-512 register; lanes/plain.h says what each operation means.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace gyre::kernels {
namespace {

constexpr int kTileRows = 8;
constexpr int kTileVectors = 2;

inline __mmask16 FirstLanes(int64_t n) {
  const uint32_t all = 0xFFFF;
  return static_cast<__mmask16>(n >= 16 ? all : n <= 0 ? 0u : all >> (16 - n));
}

struct Lanes {
  __m512 at;

  static Lanes Set(float x) { return {_mm512_set1_ps(x)}; }
  static Lanes Zero() { return {_mm512_setzero_ps()}; }
  static Lanes Load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Lanes Load(const float* p, int64_t n) { return {_mm512_maskz_loadu_ps(FirstLanes(n), p)}; }
  void Store(float* p) const { _mm512_storeu_ps(p, at); }
  void Store(float* p, int64_t n) const {
    if (n >= 16) {
      _mm512_storeu_ps(p, at);
    } else {
      _mm512_mask_storeu_ps(p, FirstLanes(n), at);
    }
  }
  static Lanes LoadQuarters(const float* p, int64_t n) {
    switch (n) {
      case 4:
        return {_mm512_zextps128_ps512(_mm_loadu_ps(p))};
      case 8:
        return {_mm512_zextps256_ps512(_mm256_loadu_ps(p))};
      case 12:
        return {
            _mm512_insertf32x4(_mm512_zextps256_ps512(_mm256_loadu_ps(p)), _mm_loadu_ps(p + 8), 2)};
      default:
        return Load(p, n);
    }
  }
  void StoreQuarters(float* p, int64_t n) const {
    switch (n) {
      case 4:
        return _mm_storeu_ps(p, _mm512_castps512_ps128(at));
      case 8:
        return _mm256_storeu_ps(p, _mm512_castps512_ps256(at));
      case 12:
        _mm256_storeu_ps(p, _mm512_castps512_ps256(at));
        return _mm_storeu_ps(p + 8, _mm512_extractf32x4_ps(at, 2));
      default:
        return Store(p, n);
    }
  }
};

inline Lanes operator+(Lanes a, Lanes b) { return {_mm512_add_ps(a.at, b.at)}; }
inline Lanes operator-(Lanes a, Lanes b) { return {_mm512_sub_ps(a.at, b.at)}; }
inline Lanes operator*(Lanes a, Lanes b) { return {_mm512_mul_ps(a.at, b.at)}; }
inline Lanes operator/(Lanes a, Lanes b) { return {_mm512_div_ps(a.at, b.at)}; }
inline Lanes Fma(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.at, b.at, c.at)}; }
inline Lanes NegFma(Lanes a, Lanes b, Lanes c) { return {_mm512_fnmadd_ps(a.at, b.at, c.at)}; }
inline Lanes Max(Lanes a, Lanes b) { return {_mm512_max_ps(a.at, b.at)}; }
inline Lanes Min(Lanes a, Lanes b) { return {_mm512_min_ps(a.at, b.at)}; }
inline Lanes Sqrt(Lanes a) { return {_mm512_sqrt_ps(a.at)}; }
inline Lanes SelectLess(Lanes a, Lanes b, Lanes x, Lanes y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.at, b.at, _CMP_LT_OQ), y.at, x.at)};
}
inline Lanes KeepFirst(Lanes x, int64_t n, float fill) {
  return {_mm512_mask_blend_ps(FirstLanes(n), _mm512_set1_ps(fill), x.at)};
}

// vscalefps rounds once where the plain form multiplies twice: the same for every normal result,
// and Exp keeps no other.
inline Lanes ScaleByPowerOfTwo(Lanes x, Lanes biased) {
  return {_mm512_scalef_ps(x.at, _mm512_sub_ps(biased.at, _mm512_set1_ps(12582912.0f)))};
}

inline float HorizontalSum(Lanes x) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(x.at), _mm512_extractf32x8_ps(x.at, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float HorizontalMax(Lanes x) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(x.at), _mm512_extractf32x8_ps(x.at, 1));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

struct DoubleLanes {
  __m512d low = _mm512_setzero_pd();
  __m512d high = _mm512_setzero_pd();

  void AddSquares(Lanes x) {
    const __m512d first = _mm512_cvtps_pd(_mm512_castps512_ps256(x.at));
    const __m512d second = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x.at, 1));
    low = _mm512_fmadd_pd(first, first, low);
    high = _mm512_fmadd_pd(second, second, high);
  }
  double Sum() const {
    const __m512d eight = _mm512_add_pd(low, high);
    const __m256d four =
        _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
};

}  // namespace
}  // namespace gyre::kernels

// What bench/kernels.cc times with: processor time, aligned floats, the peak of bare FMAs, and a
// table of figures.
#pragma once

#include <time.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

#include "kernels/kernel_table.h"
#include "nlohmann/json.hpp"

namespace gyre::kernels {

// Processor time of this thread: what else runs on the machine costs caches, but not time.
inline double Now() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// 64-byte aligned floats, as tensors are.
class Floats {
 public:
  explicit Floats(int64_t size, float scale = 1.0f)
      : at_(static_cast<float*>(
            std::aligned_alloc(64, static_cast<size_t>((size + 15) / 16 * 64)))) {
    uint32_t state = 1;
    for (int64_t i = 0; i < size; ++i) {
      state = state * 1664525u + 1013904223u;
      at_[i] = scale * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
    }
  }
  ~Floats() { std::free(at_); }
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;
  float* data() { return at_; }

 private:
  float* at_;
};

#ifdef __x86_64__
__attribute__((target("avx512f"))) inline double PeakAvx512() {
  __m512 sums[12], a = _mm512_set1_ps(1.000001f), b = _mm512_set1_ps(1e-9f);
  for (__m512& sum : sums) sum = a;
  const int64_t steps = 4'000'000;
  const double start = Now();
  for (int64_t i = 0; i < steps; ++i)
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, a, b);
  const double seconds = Now() - start;
  volatile float sink = 0;
  for (__m512 sum : sums) sink = sink + _mm512_cvtss_f32(sum);
  return static_cast<double>(steps) * 12 * 32 / seconds / 1e9;
}

__attribute__((target("avx2,fma"))) inline double PeakAvx2() {
  __m256 sums[12], a = _mm256_set1_ps(1.000001f), b = _mm256_set1_ps(1e-9f);
  for (__m256& sum : sums) sum = a;
  const int64_t steps = 8'000'000;
  const double start = Now();
  for (int64_t i = 0; i < steps; ++i)
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, a, b);
  const double seconds = Now() - start;
  volatile float sink = 0;
  for (__m256 sum : sums) sink = sink + _mm256_cvtss_f32(sum);
  return static_cast<double>(steps) * 12 * 16 / seconds / 1e9;
}
#endif

// Times one form of the kernels and collects its figures.
class KernelTiming {
 public:
  KernelTiming(const KernelTable& kernels, double seconds_a_case, std::string only,
               nlohmann::ordered_json& results)
      : kernels_(kernels),
        seconds_a_case_(seconds_a_case),
        only_(std::move(only)),
        results_(results) {}

  const KernelTable& kernels() const { return kernels_; }

  bool Wanted(const std::string& name) const {
    return (Name(kernels_.instruction_set) + (" " + name)).find(only_) != std::string::npos;
  }

  // Best of several timings; the figure is `work` / 1e9 (or 1e6) a second.
  void Time(const std::string& name, double work, const char* unit,
            const std::function<void()>& call) {
    if (!Wanted(name)) return;
    double best = 1e30, spent = 0;
    int64_t repeats = 1;
    while (spent < seconds_a_case_) {
      const double start = Now();
      for (int64_t i = 0; i < repeats; ++i) call();
      const double seconds = Now() - start;
      spent += seconds;
      if (seconds / static_cast<double>(repeats) < best)
        best = seconds / static_cast<double>(repeats);
      if (seconds < seconds_a_case_ / 10) repeats *= 2;
    }
    const double figure = work / best / (unit[0] == 'G' ? 1e9 : 1e6);
    std::printf("%-7s %-42s %9.1f %s  %10.1f us\n", Name(kernels_.instruction_set), name.c_str(),
                figure, unit, best * 1e6);
    std::fflush(stdout);
    results_[name] = figure;
  }

  void Peak() {
    double peak = 0;
    for (int i = 0; i < 10; ++i) {
#ifdef __x86_64__
      if (kernels_.instruction_set == InstructionSet::kAvx512) peak = std::max(peak, PeakAvx512());
      if (kernels_.instruction_set == InstructionSet::kAvx2) peak = std::max(peak, PeakAvx2());
#endif
    }
    if (peak == 0) return;
    std::printf("%-7s %-42s %9.1f GFLOP/s\n", Name(kernels_.instruction_set), "peak of bare FMAs",
                peak);
    results_["peak"] = peak;
  }

 private:
  const KernelTable& kernels_;
  const double seconds_a_case_;
  const std::string only_;
  nlohmann::ordered_json& results_;
};

}  // namespace gyre::kernels

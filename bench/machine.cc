// What this machine can do at most, in floats: fused multiply-adds from registers and reads from
// memory, by one thread and by THREADS together (default: one a processor). Two processors may be
// one core's; then together they do little more than one. Usage: bench_machine [THREADS]. Prints
// one JSON object.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/thread_team.h"
#include "kernels/instruction_set.h"
#include "nlohmann/json.hpp"

namespace gyre {
namespace {

constexpr int64_t kChains = 12;  // enough to fill the multipliers' pipelines
volatile float sink = 0;

#ifdef __x86_64__
// Multiply-adds of one call.
__attribute__((target("avx512f"))) int64_t MultiplyAvx512(int64_t steps) {
  __m512 sums[kChains], a = _mm512_set1_ps(1.000001f), b = _mm512_set1_ps(1e-9f);
  for (__m512& sum : sums) sum = a;
  for (int64_t i = 0; i < steps; ++i)
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, a, b);
  for (const __m512& sum : sums) sink = sink + _mm512_cvtss_f32(sum);
  return steps * kChains * 16;
}

__attribute__((target("avx2,fma"))) int64_t MultiplyAvx2(int64_t steps) {
  __m256 sums[kChains], a = _mm256_set1_ps(1.000001f), b = _mm256_set1_ps(1e-9f);
  for (__m256& sum : sums) sum = a;
  for (int64_t i = 0; i < steps; ++i)
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, a, b);
  for (const __m256& sum : sums) sink = sink + _mm256_cvtss_f32(sum);
  return steps * kChains * 8;
}
#endif

int64_t MultiplyPlain(int64_t steps) {
  float sums[kChains];
  for (float& sum : sums) sum = 1.0f;
  for (int64_t i = 0; i < steps; ++i)
    for (float& sum : sums) sum = __builtin_fmaf(sum, 1.000001f, 1e-9f);
  for (const float sum : sums) sink = sink + sum;
  return steps * kChains;
}

int64_t Multiply(int64_t steps) {
  switch (kernels::BestInstructionSet()) {
#ifdef __x86_64__
    case kernels::InstructionSet::kAvx512:
      return MultiplyAvx512(steps);
    case kernels::InstructionSet::kAvx2:
      return MultiplyAvx2(steps);
#endif
    default:
      return MultiplyPlain(steps / 16);
  }
}

#ifdef __x86_64__
__attribute__((target("avx2")))
#endif
float SumOf(const float* floats, int64_t size) {
#ifdef __x86_64__
  __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                    _mm256_setzero_ps()};
  for (int64_t i = 0; i < size; i += 32)
    for (int64_t v = 0; v < 4; ++v)
      sums[v] = _mm256_add_ps(sums[v], _mm256_loadu_ps(floats + i + 8 * v));
  const __m256 sum =
      _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
  return _mm256_cvtss_f32(sum);
#else
  float sum = 0;
  for (int64_t i = 0; i < size; ++i) sum += floats[i];
  return sum;
#endif
}

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The best of some tries, in units of `work` a second.
template <typename Body>
double BestRate(double work, const Body& body) {
  double best = 0;
  for (int i = 0; i < 8; ++i) {
    const double start = Now();
    body();
    best = std::max(best, work / (Now() - start));
  }
  return best;
}

int Run(int threads) {
  nlohmann::ordered_json result = {
      {"threads", threads}, {"instruction_set", kernels::Name(kernels::BestInstructionSet())}};
  constexpr int64_t kSteps = 8'000'000;
  constexpr int64_t kFloats = int64_t{64} << 20;  // 256 MiB, more than the caches hold
  std::vector<float> memory(kFloats, 1.0f);
  for (const int count : {1, threads}) {
    base::ThreadTeam team(count);
    const char* who = count == 1 ? "one_thread" : "all_threads";
    const auto work = static_cast<double>(Multiply(16)) / 16 * kSteps;
    result["gflops"][who] = 2e-9 * work * count * BestRate(1.0, [&] {
                              team.Run(count, [](int64_t, int) { Multiply(kSteps); });
                            });
    result["read_gb_per_second"][who] =
        4e-9 * BestRate(static_cast<double>(kFloats), [&] {
          team.Run(count, [&](int64_t part, int) {
            sink = sink + SumOf(memory.data() + kFloats / count * part, kFloats / count);
          });
        });
  }
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace gyre

int main(int argc, char** argv) {
  const auto processors = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return gyre::Run(argc > 1 ? std::max(1, std::atoi(argv[1])) : processors);
}

// How fast the CPU kernels are on one core, each form beside the processor's peak. Usage:
// bench_kernels [SECONDS_A_CASE [ONLY]]; ONLY is part of a case's name. Prints a table and, last,
// one JSON object {"plain": {case: number}, …}: GFLOP/s where a case has a natural count of
// operations, million elements a second otherwise. Pin it for steady figures: taskset -c 0
// build/bench/bench_kernels.
#include <immintrin.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/rope_table.h"
#include "nlohmann/json.hpp"

namespace gyre::kernels {
namespace {

// Processor time of this thread: what else runs on the machine costs caches, but not time.
double Now() {
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

__attribute__((target("avx512f"))) double PeakAvx512() {
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

__attribute__((target("avx2,fma"))) double PeakAvx2() {
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

class Bench {
 public:
  Bench(const KernelTable& kernels, double seconds_a_case, std::string only,
        nlohmann::ordered_json& results)
      : kernels_(kernels),
        seconds_a_case_(seconds_a_case),
        only_(std::move(only)),
        results_(results) {}

  void Run() {
    Peak();
    for (int64_t rows : {1, 4, 8, 16, 32, 64, 128, 256, 1024, 4096}) {
      Linear("qkv 96>288", rows, 288, 96);
      Linear("out 96>96", rows, 96, 96);
      Linear("gate_up 96>384", rows, 384, 96);
      Linear("down 192>96", rows, 96, 192);
      Linear("head 96>119", rows, 119, 96);
    }
    for (int64_t rows : {1, 8, 32, 64, 128}) SmallLanguageModel(rows);
    for (int64_t rows : {256, 1440}) {
      WeightGradient("qkv 96>288", rows, 288, 96);
      WeightGradient("out 96>96", rows, 96, 96);
      WeightGradient("down 192>96", rows, 96, 192);
      WeightGradient("head 96>119", rows, 119, 96);
      WeightGradient("SmolLM2 gate_up 576>3072", rows, 3072, 576);
    }
    AttentionDecode("demo, 8 sequences", 8, 4, 4, 24, 130);
    AttentionDecode("demo, 128 sequences", 128, 4, 4, 24, 130);
    AttentionDecode("SmolLM2, 2 sequences", 2, 9, 3, 64, 500);
    AttentionDecode("SmolLM2, 32 sequences", 32, 9, 3, 64, 500);
    AttentionSequence("demo", 4, 4, 24, 130);
    AttentionSequence("SmolLM2", 9, 3, 64, 1024);
    RowKernels();
    Flat();
  }

 private:
  bool Wanted(const std::string& name) const { return name.find(only_) != std::string::npos; }

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
      if (kernels_.instruction_set == InstructionSet::kAvx512) peak = std::max(peak, PeakAvx512());
      if (kernels_.instruction_set == InstructionSet::kAvx2) peak = std::max(peak, PeakAvx2());
    }
    if (peak == 0) return;
    std::printf("%-7s %-42s %9.1f GFLOP/s\n", Name(kernels_.instruction_set), "peak of bare FMAs",
                peak);
    results_["peak"] = peak;
  }

  void Linear(const std::string& name, int64_t rows, int64_t outputs, int64_t inputs) {
    if (!Wanted("linear " + name + " rows " + std::to_string(rows))) return;
    Floats x(rows * inputs), w(outputs * inputs), y(rows * outputs);
    PackedMatrix packed;
    packed.Pack(w.data(), inputs, outputs, inputs);
    Time("linear " + name + " rows " + std::to_string(rows),
         2.0 * static_cast<double>(rows * outputs * inputs), "GFLOP/s", [&] {
           kernels_.linear({.x = x.data(),
                            .x_stride = inputs,
                            .rows = rows,
                            .w = packed.view(),
                            .y = y.data(),
                            .y_stride = outputs});
         });
  }

  // Every matrix of SmolLM2-135M once: 30 layers and the head, so that weights stream from memory
  // as in a decode step.
  void SmallLanguageModel(int64_t rows) {
    const std::string name = "linear SmolLM2-135M whole, rows " + std::to_string(rows);
    if (!Wanted(name)) return;
    const std::pair<int64_t, int64_t> shapes[] = {{960, 576}, {576, 576}, {3072, 576}, {576, 1536}};
    std::vector<PackedMatrix> matrices;
    Floats w(49152 * 576), x(rows * 1536), y(rows * 49152);
    double work = 0;
    const auto add = [&](int64_t outputs, int64_t inputs) {
      matrices.emplace_back().Pack(w.data(), inputs, outputs, inputs);
      work += 2.0 * static_cast<double>(rows * outputs * inputs);
    };
    for (int layer = 0; layer < 30; ++layer)
      for (const auto& [outputs, inputs] : shapes) add(outputs, inputs);
    add(49152, 576);
    Time(name, work, "GFLOP/s", [&] {
      for (const PackedMatrix& matrix : matrices)
        kernels_.linear({.x = x.data(),
                         .x_stride = matrix.inputs(),
                         .rows = rows,
                         .w = matrix.view(),
                         .y = y.data(),
                         .y_stride = matrix.outputs()});
    });
  }

  void WeightGradient(const std::string& name, int64_t rows, int64_t outputs, int64_t inputs) {
    Floats x(rows * inputs), dy(rows * outputs), dw(outputs * inputs);
    Time("weight_gradient " + name + " rows " + std::to_string(rows),
         2.0 * static_cast<double>(rows * outputs * inputs), "GFLOP/s", [&] {
           kernels_.weight_gradient({.dy = dy.data(),
                                     .dy_stride = outputs,
                                     .x = x.data(),
                                     .x_stride = inputs,
                                     .rows = rows,
                                     .outputs = outputs,
                                     .inputs = inputs,
                                     .dw = dw.data(),
                                     .dw_stride = inputs});
         });
  }

  void AttentionDecode(const std::string& name, int64_t sequences, int32_t heads, int32_t kv_heads,
                       int32_t size, int32_t length) {
    const KvLayout layout = {kv_heads, size};
    const int64_t num_blocks = (length + kBlockTokens - 1) / kBlockTokens;
    Floats cache(sequences * num_blocks * layout.FloatsPerBlock()), q(sequences * heads * size),
        out(sequences * heads * size);
    Floats scratch(AttentionScratchFloats(length));
    std::vector<std::vector<const float*>> blocks(static_cast<size_t>(sequences));
    std::vector<AttentionRow> rows;
    for (int64_t s = 0; s < sequences; ++s) {
      for (int64_t b = 0; b < num_blocks; ++b)
        blocks[static_cast<size_t>(s)].push_back(cache.data() +
                                                 (s * num_blocks + b) * layout.FloatsPerBlock());
      rows.push_back({.q = q.data() + s * heads * size,
                      .out = out.data() + s * heads * size,
                      .blocks = blocks[static_cast<size_t>(s)].data(),
                      .length = length});
    }
    Time("attention decode " + name, 4.0 * static_cast<double>(sequences * length * heads * size),
         "GFLOP/s", [&] {
           kernels_.attention({.layout = layout,
                               .heads = heads,
                               .rows = rows.data(),
                               .num_rows = sequences,
                               .scratch = scratch.data()});
         });
  }

  void AttentionSequence(const std::string& name, int32_t heads, int32_t kv_heads, int32_t size,
                         int32_t length) {
    const KvLayout layout = {kv_heads, size};
    const int64_t num_blocks = (length + kBlockTokens - 1) / kBlockTokens, q_size = heads * size,
                  kv_size = kv_heads * size;
    Floats cache(num_blocks * layout.FloatsPerBlock()), q(length * q_size), k(length * kv_size),
        v(length * kv_size);
    Floats out(length * q_size), dout(length * q_size), dq(length * q_size), dk(length * kv_size),
        dv(length * kv_size);
    Floats lse(length * heads), scratch(AttentionScratchFloats(length));
    Floats backward_scratch(AttentionBackwardScratchFloats(length, size));
    std::vector<const float*> blocks;
    for (int64_t b = 0; b < num_blocks; ++b)
      blocks.push_back(cache.data() + b * layout.FloatsPerBlock());
    std::vector<AttentionRow> rows;
    for (int32_t t = 0; t < length; ++t)
      rows.push_back({.q = q.data() + t * q_size,
                      .out = out.data() + t * q_size,
                      .blocks = blocks.data(),
                      .length = t + 1,
                      .lse = lse.data() + t * heads});
    const double half_square = 0.5 * length * (length + 1.0);
    Time("attention sequence " + name + ", writing the cache", static_cast<double>(length),
         "Mtoken/s", [&] {
           for (int32_t t = 0; t < length; ++t)
             WriteKv(layout, cache.data() + t / kBlockTokens * layout.FloatsPerBlock(),
                     t % kBlockTokens, k.data() + t * kv_size, v.data() + t * kv_size);
         });
    Time("attention sequence " + name, 4.0 * half_square * static_cast<double>(q_size), "GFLOP/s",
         [&] {
           kernels_.attention({.layout = layout,
                               .heads = heads,
                               .rows = rows.data(),
                               .num_rows = length,
                               .scratch = scratch.data()});
         });
    Time("attention_backward " + name, 10.0 * half_square * static_cast<double>(q_size), "GFLOP/s",
         [&] {
           kernels_.attention_backward({.heads = heads,
                                        .kv_heads = kv_heads,
                                        .head_size = size,
                                        .length = length,
                                        .q = q.data(),
                                        .q_stride = q_size,
                                        .k = k.data(),
                                        .k_stride = kv_size,
                                        .v = v.data(),
                                        .v_stride = kv_size,
                                        .out = out.data(),
                                        .out_stride = q_size,
                                        .dout = dout.data(),
                                        .dout_stride = q_size,
                                        .lse = lse.data(),
                                        .dq = dq.data(),
                                        .dq_stride = q_size,
                                        .dk = dk.data(),
                                        .dk_stride = kv_size,
                                        .dv = dv.data(),
                                        .dv_stride = kv_size,
                                        .scratch = backward_scratch.data()});
         });
  }

  void RowKernels() {
    constexpr int64_t kRows = 1024, kHidden = 96, kInner = 192, kVocabulary = 119;
    Floats x(kRows * kInner), y(kRows * kInner), z(kRows * kInner), weight(kInner), inv_rms(kRows);
    const double elements = kRows * kHidden;
    Time("rms_norm 1024 x 96", elements, "Melement/s", [&] {
      kernels_.rms_norm({.x = x.data(),
                         .x_stride = kHidden,
                         .rows = kRows,
                         .size = kHidden,
                         .weight = weight.data(),
                         .y = y.data(),
                         .y_stride = kHidden,
                         .inv_rms = inv_rms.data()});
    });
    Floats dw(kInner);
    Time("rms_norm_backward 1024 x 96", elements, "Melement/s", [&] {
      kernels_.rms_norm_backward({.x = x.data(),
                                  .x_stride = kHidden,
                                  .dy = y.data(),
                                  .dy_stride = kHidden,
                                  .inv_rms = inv_rms.data(),
                                  .weight = weight.data(),
                                  .rows = kRows,
                                  .size = kHidden,
                                  .dx = z.data(),
                                  .dx_stride = kHidden,
                                  .dw = dw.data()});
    });
    const RopeTable table(24, 512, 10000.0);
    std::vector<int32_t> positions;
    for (int32_t i = 0; i < kRows; ++i) positions.push_back(i % 512);
    Time("rope 1024 x 4 x 24", elements, "Melement/s", [&] {
      kernels_.rope({.x = z.data(),
                     .row_stride = kHidden,
                     .rows = kRows,
                     .heads = 4,
                     .head_size = 24,
                     .positions = positions.data(),
                     .cos = table.cos(),
                     .sin = table.sin()});
    });
    Time("swiglu 1024 x 192", kRows * kInner, "Melement/s", [&] {
      kernels_.swiglu({.gate = x.data(),
                       .gate_stride = kInner,
                       .up = y.data(),
                       .up_stride = kInner,
                       .rows = kRows,
                       .size = kInner,
                       .y = z.data(),
                       .y_stride = kInner});
    });
    Floats dgate(kRows * kInner), dup(kRows * kInner);
    Time("swiglu_backward 1024 x 192", kRows * kInner, "Melement/s", [&] {
      kernels_.swiglu_backward({.gate = x.data(),
                                .gate_stride = kInner,
                                .up = y.data(),
                                .up_stride = kInner,
                                .dy = z.data(),
                                .dy_stride = kInner,
                                .rows = kRows,
                                .size = kInner,
                                .dgate = dgate.data(),
                                .dgate_stride = kInner,
                                .dup = dup.data(),
                                .dup_stride = kInner});
    });
    Vocabulary("1024 x 119", kRows, kVocabulary);
    Vocabulary("16 x 49152", 16, 49152);
  }

  void Vocabulary(const std::string& name, int64_t rows, int64_t vocabulary) {
    Floats logits(rows * vocabulary, 5.0f), logsumexp(rows), logprob(rows), entropy(rows);
    std::vector<int32_t> targets(static_cast<size_t>(rows), 1);
    const double elements = static_cast<double>(rows * vocabulary);
    Time("log_softmax with entropy " + name, elements, "Melement/s", [&] {
      kernels_.log_softmax({.logits = logits.data(),
                            .logits_stride = vocabulary,
                            .rows = rows,
                            .vocabulary = vocabulary,
                            .targets = targets.data(),
                            .logsumexp = logsumexp.data(),
                            .logprob = logprob.data(),
                            .entropy = entropy.data()});
    });
    int32_t sum = 0;
    Time("sample " + name, elements, "Melement/s", [&] {
      for (int64_t row = 0; row < rows; ++row)
        sum += kernels_
                   .sample(logits.data() + row * vocabulary, vocabulary, 1.0f,
                           static_cast<float>(row) / static_cast<float>(rows))
                   .token;
    });
    if (sum == -1) std::printf("\n");
    Time("log_softmax_backward " + name, elements, "Melement/s", [&] {
      kernels_.log_softmax_backward({.logits = logits.data(),
                                     .logits_stride = vocabulary,
                                     .rows = rows,
                                     .vocabulary = vocabulary,
                                     .targets = targets.data(),
                                     .logsumexp = logsumexp.data(),
                                     .dlogprob = logprob.data()});
    });
  }

  void Flat() {
    constexpr int64_t kSize = 392'352;
    Floats p(kSize), g(kSize), m(kSize), v(kSize);
    for (int64_t i = 0; i < kSize; ++i) v.data()[i] *= v.data()[i];
    Time("adamw 392352", kSize, "Melement/s", [&] {
      kernels_.adamw({.parameter = p.data(),
                      .gradient = g.data(),
                      .first_moment = m.data(),
                      .second_moment = v.data(),
                      .size = kSize,
                      .learning_rate = 1e-4f});
    });
    double sum = 0;
    Time("sum_of_squares 392352", kSize, "Melement/s",
         [&] { sum += kernels_.sum_of_squares(g.data(), kSize); });
    if (sum < 0) std::printf("\n");
    Time("exp 392352", kSize, "Melement/s", [&] { kernels_.exp(g.data(), v.data(), kSize); });
    PackedMatrix packed;
    Time("pack 576 x 672", 576 * 672, "Melement/s", [&] { packed.Pack(p.data(), 576, 672, 576); });
    Time("pack transposed 576 x 672", 576 * 672, "Melement/s",
         [&] { packed.PackTransposed(p.data(), 672, 672, 576); });
  }

  const KernelTable& kernels_;
  const double seconds_a_case_;
  const std::string only_;
  nlohmann::ordered_json& results_;
};

}  // namespace
}  // namespace gyre::kernels

int main(int argc, char** argv) {
  using gyre::kernels::InstructionSet;
  const double seconds_a_case = argc > 1 ? std::atof(argv[1]) : 0.1;
  const std::string only = argc > 2 ? argv[2] : "";
  nlohmann::ordered_json results;
  for (InstructionSet form : gyre::kernels::SupportedInstructionSets()) {
    // The plain form is for correctness; a third of the time shows how slow it is.
    const double seconds = form == InstructionSet::kPlain ? seconds_a_case / 3 : seconds_a_case;
    gyre::kernels::Bench(gyre::kernels::Kernels(form), seconds, only,
                         results[gyre::kernels::Name(form)])
        .Run();
  }
  std::printf("%s\n", results.dump().c_str());
}

// How fast the CPU kernels are on one core, each form beside the processor's peak. Usage:
// bench_kernels [SECONDS_A_CASE [ONLY]]; ONLY is part of "FORM CASE", e.g. "avx2 linear". Prints a
// table and, last, one JSON object {"plain": {case: number}, …}: GFLOP/s where a case has a natural
// count of operations, million elements a second otherwise. Pin it for steady figures: taskset -c 0
// build/bench/bench_kernels.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "bench/attention_cases.h"
#include "bench/kernel_timing.h"
#include "kernels/kernel_table.h"
#include "kernels/rope_table.h"
#include "nlohmann/json.hpp"

namespace gyre::kernels {
namespace {

class Bench {
 public:
  explicit Bench(KernelTiming& timing) : timing_(timing) {}

  void Run() {
    timing_.Peak();
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
    AttentionCases attention(timing_);
    attention.Decode("demo, 8 sequences", 8, 4, 4, 24, 130);
    attention.Decode("demo, 128 sequences", 128, 4, 4, 24, 130);
    attention.Decode("SmolLM2, 2 sequences", 2, 9, 3, 64, 500);
    attention.Decode("SmolLM2, 32 sequences", 32, 9, 3, 64, 500);
    attention.Sequence("demo", 4, 4, 24, 130);
    attention.Sequence("SmolLM2", 9, 3, 64, 1024);
    RowKernels();
    Flat();
  }

 private:
  void Linear(const std::string& name, int64_t rows, int64_t outputs, int64_t inputs) {
    if (!timing_.Wanted("linear " + name + " rows " + std::to_string(rows))) return;
    Floats x(rows * inputs), w(outputs * inputs), y(rows * outputs);
    PackedMatrix packed;
    packed.Pack(w.data(), inputs, outputs, inputs);
    timing_.Time("linear " + name + " rows " + std::to_string(rows),
                 2.0 * static_cast<double>(rows * outputs * inputs), "GFLOP/s", [&] {
                   timing_.kernels().linear({.x = x.data(),
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
    if (!timing_.Wanted(name)) return;
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
    timing_.Time(name, work, "GFLOP/s", [&] {
      for (const PackedMatrix& matrix : matrices)
        timing_.kernels().linear({.x = x.data(),
                                  .x_stride = matrix.inputs(),
                                  .rows = rows,
                                  .w = matrix.view(),
                                  .y = y.data(),
                                  .y_stride = matrix.outputs()});
    });
  }

  void WeightGradient(const std::string& name, int64_t rows, int64_t outputs, int64_t inputs) {
    Floats x(rows * inputs), dy(rows * outputs), dw(outputs * inputs);
    timing_.Time("weight_gradient " + name + " rows " + std::to_string(rows),
                 2.0 * static_cast<double>(rows * outputs * inputs), "GFLOP/s", [&] {
                   timing_.kernels().weight_gradient({.dy = dy.data(),
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

  void RowKernels() {
    constexpr int64_t kRows = 1024, kHidden = 96, kInner = 192, kVocabulary = 119;
    Floats x(kRows * kInner), y(kRows * kInner), z(kRows * kInner), weight(kInner), inv_rms(kRows);
    const double elements = kRows * kHidden;
    timing_.Time("rms_norm 1024 x 96", elements, "Melement/s", [&] {
      timing_.kernels().rms_norm({.x = x.data(),
                                  .x_stride = kHidden,
                                  .rows = kRows,
                                  .size = kHidden,
                                  .weight = weight.data(),
                                  .y = y.data(),
                                  .y_stride = kHidden,
                                  .inv_rms = inv_rms.data()});
    });
    Floats dw(kInner);
    timing_.Time("rms_norm_backward 1024 x 96", elements, "Melement/s", [&] {
      timing_.kernels().rms_norm_backward({.x = x.data(),
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
    timing_.Time("rope 1024 x 4 x 24", elements, "Melement/s", [&] {
      timing_.kernels().rope({.x = z.data(),
                              .row_stride = kHidden,
                              .rows = kRows,
                              .heads = 4,
                              .head_size = 24,
                              .positions = positions.data(),
                              .cos = table.cos(),
                              .sin = table.sin()});
    });
    timing_.Time("swiglu 1024 x 192", kRows * kInner, "Melement/s", [&] {
      timing_.kernels().swiglu({.gate = x.data(),
                                .gate_stride = kInner,
                                .up = y.data(),
                                .up_stride = kInner,
                                .rows = kRows,
                                .size = kInner,
                                .y = z.data(),
                                .y_stride = kInner});
    });
    Floats dgate(kRows * kInner), dup(kRows * kInner);
    timing_.Time("swiglu_backward 1024 x 192", kRows * kInner, "Melement/s", [&] {
      timing_.kernels().swiglu_backward({.gate = x.data(),
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
    timing_.Time("log_softmax with entropy " + name, elements, "Melement/s", [&] {
      timing_.kernels().log_softmax({.logits = logits.data(),
                                     .logits_stride = vocabulary,
                                     .rows = rows,
                                     .vocabulary = vocabulary,
                                     .targets = targets.data(),
                                     .logsumexp = logsumexp.data(),
                                     .logprob = logprob.data(),
                                     .entropy = entropy.data()});
    });
    int32_t sum = 0;
    timing_.Time("sample " + name, elements, "Melement/s", [&] {
      for (int64_t row = 0; row < rows; ++row)
        sum += timing_.kernels()
                   .sample(logits.data() + row * vocabulary, vocabulary, 1.0f,
                           static_cast<float>(row) / static_cast<float>(rows))
                   .token;
    });
    if (sum == -1) std::printf("\n");
    timing_.Time("log_softmax_backward " + name, elements, "Melement/s", [&] {
      timing_.kernels().log_softmax_backward({.logits = logits.data(),
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
    timing_.Time("adamw 392352", kSize, "Melement/s", [&] {
      timing_.kernels().adamw({.parameter = p.data(),
                               .gradient = g.data(),
                               .first_moment = m.data(),
                               .second_moment = v.data(),
                               .size = kSize,
                               .learning_rate = 1e-4f});
    });
    double sum = 0;
    timing_.Time("sum_of_squares 392352", kSize, "Melement/s",
                 [&] { sum += timing_.kernels().sum_of_squares(g.data(), kSize); });
    if (sum < 0) std::printf("\n");
    timing_.Time("exp 392352", kSize, "Melement/s",
                 [&] { timing_.kernels().exp(g.data(), v.data(), kSize); });
    PackedMatrix packed;
    timing_.Time("pack 576 x 672", 576 * 672, "Melement/s",
                 [&] { packed.Pack(p.data(), 576, 672, 576); });
    timing_.Time("pack transposed 576 x 672", 576 * 672, "Melement/s",
                 [&] { packed.PackTransposed(p.data(), 672, 672, 576); });
  }

  KernelTiming& timing_;
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
    gyre::kernels::KernelTiming timing(gyre::kernels::Kernels(form), seconds, only,
                                       results[gyre::kernels::Name(form)]);
    gyre::kernels::Bench(timing).Run();
  }
  std::printf("%s\n", results.dump().c_str());
}

#include <cmath>

#include "kernels/kernel_table.h"
#include "tests/kernels/cached_sequence.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

struct Gradients {
  Gradients(const AttentionShape& shape)
      : dq(shape.length, shape.heads * shape.head_size, 1),
        dk(shape.length, shape.kv_heads * shape.head_size, 2),
        dv(shape.length, shape.kv_heads * shape.head_size, 3) {}
  Matrix dq, dk, dv;
};

Gradients Backward(const KernelTable& kernels, const CachedSequence& sequence,
                   const CachedSequence::Output& output, const Matrix& dout) {
  const AttentionShape& shape = sequence.shape;
  Gradients gradients(shape);
  std::vector<float> scratch(
      static_cast<size_t>(AttentionBackwardScratchFloats(shape.length, shape.head_size)));
  kernels.attention_backward({.heads = shape.heads,
                              .kv_heads = shape.kv_heads,
                              .head_size = shape.head_size,
                              .length = shape.length,
                              .q = sequence.q.data(),
                              .q_stride = sequence.q.stride,
                              .k = sequence.k.data(),
                              .k_stride = sequence.k.stride,
                              .v = sequence.v.data(),
                              .v_stride = sequence.v.stride,
                              .out = output.out.data(),
                              .out_stride = output.out.stride,
                              .dout = dout.data(),
                              .dout_stride = dout.stride,
                              .lse = output.lse.data(),
                              .dq = gradients.dq.data(),
                              .dq_stride = gradients.dq.stride,
                              .dk = gradients.dk.data(),
                              .dk_stride = gradients.dk.stride,
                              .dv = gradients.dv.data(),
                              .dv_stride = gradients.dv.stride,
                              .scratch = scratch.data()});
  return gradients;
}

TEST(AttentionBackward, GivesTheSameBitsInEveryForm) {
  for (const AttentionShape& shape : AttentionShapes()) {
    CachedSequence sequence(shape, 7);
    sequence.Fill();
    const Matrix dout = sequence.random.Normals(shape.length, shape.heads * shape.head_size);
    const CachedSequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
    const Gradients plain = Backward(Kernels(InstructionSet::kPlain), sequence, output, dout);
    for (InstructionSet form : VectorForms()) {
      const Gradients gradients = Backward(Kernels(form), sequence, output, dout);
      ExpectSameBits(gradients.dq, plain.dq, Name(form));
      ExpectSameBits(gradients.dk, plain.dk, Name(form));
      ExpectSameBits(gradients.dv, plain.dv, Name(form));
    }
  }
}

// The analytic gradients in double, straight from the definition.
void ExpectGradientsOfDefinition(const CachedSequence& sequence, const Matrix& dout,
                                 const Gradients& gradients, double tolerance) {
  const AttentionShape& shape = sequence.shape;
  const int32_t size = shape.head_size, group = shape.heads / shape.kv_heads;
  const size_t rows = static_cast<size_t>(shape.length);
  std::vector<std::vector<double>> dk(
      rows, std::vector<double>(static_cast<size_t>(shape.kv_heads * size))),
      dv = dk;
  for (int32_t h = 0; h < shape.heads; ++h) {
    const int64_t at = h * size, kv_at = h / group * size;
    for (int64_t t = 0; t < shape.length; ++t) {
      std::vector<double> p, dp;
      double sum = 0, expected_dp = 0;
      for (int64_t j = 0; j <= t; ++j) {
        double score = 0, dot = 0;
        for (int32_t d = 0; d < size; ++d) {
          score += static_cast<double>(sequence.q.row(t)[at + d]) * sequence.k.row(j)[kv_at + d];
          dot += static_cast<double>(dout.row(t)[at + d]) * sequence.v.row(j)[kv_at + d];
        }
        p.push_back(std::exp(score / std::sqrt(size)));
        dp.push_back(dot);
        sum += p.back();
      }
      for (size_t j = 0; j < p.size(); ++j) expected_dp += (p[j] /= sum) * dp[j];
      for (int32_t d = 0; d < size; ++d) {
        double dq = 0;
        for (size_t j = 0; j < p.size(); ++j) {
          const double ds = p[j] * (dp[j] - expected_dp) / std::sqrt(size);
          dq += ds * sequence.k.row(static_cast<int64_t>(j))[kv_at + d];
          dk[j][static_cast<size_t>(kv_at + d)] += ds * sequence.q.row(t)[at + d];
          dv[j][static_cast<size_t>(kv_at + d)] += p[j] * dout.row(t)[at + d];
        }
        ASSERT_NEAR(gradients.dq.row(t)[at + d], dq, tolerance);
      }
    }
  }
  for (int64_t t = 0; t < shape.length; ++t) {
    for (int32_t i = 0; i < shape.kv_heads * size; ++i) {
      ASSERT_NEAR(gradients.dk.row(t)[i], dk[static_cast<size_t>(t)][static_cast<size_t>(i)],
                  tolerance);
      ASSERT_NEAR(gradients.dv.row(t)[i], dv[static_cast<size_t>(t)][static_cast<size_t>(i)],
                  tolerance);
    }
  }
}

TEST(AttentionBackward, IsTheGradientOfTheDefinition) {
  for (const AttentionShape& shape : AttentionShapes()) {
    CachedSequence sequence(shape, 8);
    sequence.Fill();
    const Matrix dout = sequence.random.Normals(shape.length, shape.heads * shape.head_size);
    const CachedSequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
    ExpectGradientsOfDefinition(
        sequence, dout, Backward(Kernels(BestInstructionSet()), sequence, output, dout), 2e-5);
  }
}

TEST(AttentionBackward, HoldsForSequencesLongerThanAThousand) {
  const AttentionShape shape = {2, 1, 24, 1100};
  CachedSequence sequence(shape, 9);
  sequence.Fill();
  const Matrix dout = sequence.random.Normals(shape.length, shape.heads * shape.head_size);
  const CachedSequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
  const Gradients best = Backward(Kernels(BestInstructionSet()), sequence, output, dout);
  ExpectGradientsOfDefinition(sequence, dout, best, 5e-5);
  const Gradients plain = Backward(Kernels(InstructionSet::kPlain), sequence, output, dout);
  ExpectSameBits(best.dq, plain.dq, "dq");
  ExpectSameBits(best.dk, plain.dk, "dk");
  ExpectSameBits(best.dv, plain.dv, "dv");
}

}  // namespace
}  // namespace gyre::kernels

#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/kernel_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

struct Shape {
  int32_t heads, kv_heads, head_size;
  int64_t length;
};

std::vector<Shape> Shapes() {
  return {{4, 4, 24, 130}, {4, 2, 24, 37}, {1, 1, 64, 16}, {9, 3, 64, 50}, {2, 1, 128, 33},
          {3, 3, 8, 1},    {6, 1, 40, 19}, {2, 2, 17, 65}, {8, 1, 96, 20}};
}

// A sequence of random queries, keys and values, and its cache in blocks.
struct Sequence {
  Sequence(const Shape& shape, uint32_t seed)
      : random(seed),
        shape(shape),
        layout{shape.kv_heads, shape.head_size},
        q(random.Normals(shape.length, shape.heads * shape.head_size, 1)),
        k(random.Normals(shape.length, shape.kv_heads * shape.head_size, 2)),
        v(random.Normals(shape.length, shape.kv_heads * shape.head_size, 3)) {}

  struct Output {
    explicit Output(const Shape& shape)
        : out(shape.length, shape.heads * shape.head_size, 2),
          lse(static_cast<size_t>(shape.length * shape.heads)) {}
    Matrix out;
    std::vector<float> lse;
  };

  int64_t NumBlocks() const { return (shape.length + kBlockTokens - 1) / kBlockTokens; }

  // Blocks of this sequence as part `layer` of larger blocks, block i at place order[i]; the rest
  // holds not-a-numbers.
  void Fill(int64_t layers, int64_t layer, const std::vector<int64_t>& order) {
    const int64_t floats = layout.FloatsPerBlock() * layers;
    storage.assign(static_cast<size_t>(floats * NumBlocks()),
                   std::numeric_limits<float>::quiet_NaN());
    blocks.clear();
    for (int64_t i = 0; i < NumBlocks(); ++i)
      blocks.push_back(storage.data() + order[static_cast<size_t>(i)] * floats);
    block_offset = layout.FloatsPerBlock() * layer;
    for (int64_t t = 0; t < shape.length; ++t) {
      float* block =
          storage.data() + order[static_cast<size_t>(t / kBlockTokens)] * floats + block_offset;
      WriteKv(layout, block, static_cast<int32_t>(t % kBlockTokens), k.row(t), v.row(t));
    }
  }
  void Fill() {
    std::vector<int64_t> order(static_cast<size_t>(NumBlocks()));
    std::iota(order.begin(), order.end(), 0);
    Fill(1, 0, order);
  }

  AttentionRow Row(int64_t t, Output& output) const {
    return {.q = q.row(t),
            .out = output.out.row(t),
            .blocks = blocks.data(),
            .length = static_cast<int32_t>(t + 1),
            .lse = output.lse.data() + t * shape.heads};
  }
  void Attend(const KernelTable& kernels, const std::vector<AttentionRow>& rows) const {
    std::vector<float> scratch(static_cast<size_t>(AttentionScratchFloats(shape.length)));
    kernels.attention({.layout = layout,
                       .heads = shape.heads,
                       .rows = rows.data(),
                       .num_rows = static_cast<int64_t>(rows.size()),
                       .block_offset = block_offset,
                       .scratch = scratch.data()});
  }
  Output AttendToAll(const KernelTable& kernels) const {
    Output output(shape);
    std::vector<AttentionRow> rows;
    for (int64_t t = 0; t < shape.length; ++t) rows.push_back(Row(t, output));
    Attend(kernels, rows);
    return output;
  }

  RandomTensors random;
  Shape shape;
  KvLayout layout;
  Matrix q, k, v;
  std::vector<float> storage;
  std::vector<const float*> blocks;
  int64_t block_offset = 0;
};

void ExpectSame(const Sequence::Output& actual, const Sequence::Output& expected,
                const std::string& what) {
  ExpectSameBits(actual.out, expected.out, what);
  ExpectSameBits(actual.lse, expected.lse, what);
}

TEST(Attention, GivesTheSameBitsInEveryForm) {
  for (const Shape& shape : Shapes()) {
    Sequence sequence(shape, 1);
    sequence.Fill();
    const Sequence::Output plain = sequence.AttendToAll(Kernels(InstructionSet::kPlain));
    for (InstructionSet form : VectorForms())
      ExpectSame(sequence.AttendToAll(Kernels(form)), plain, Name(form));
  }
}

TEST(Attention, GivesARowTheSameBitsAloneAndAmongOthers) {
  for (InstructionSet form : SupportedInstructionSets()) {
    for (const Shape& shape : Shapes()) {
      Sequence sequence(shape, 2);
      sequence.Fill();
      const Sequence::Output together = sequence.AttendToAll(Kernels(form));
      Sequence::Output alone(shape);
      for (int64_t t = 0; t < shape.length; ++t)
        sequence.Attend(Kernels(form), {sequence.Row(t, alone)});
      ExpectSame(alone, together, Name(form));
      Sequence::Output mixed(shape);  // backwards, in threes
      for (int64_t t = shape.length - 1; t >= 0; t -= 3) {
        std::vector<AttentionRow> rows;
        for (int64_t i = t; i >= std::max<int64_t>(0, t - 2); --i)
          rows.push_back(sequence.Row(i, mixed));
        sequence.Attend(Kernels(form), rows);
      }
      ExpectSame(mixed, together, Name(form));
    }
  }
}

TEST(Attention, DoesNotDependOnWhereTheBlocksAreNorOnWhatElseTheyHold) {
  for (InstructionSet form : SupportedInstructionSets()) {
    for (const Shape& shape : Shapes()) {
      Sequence sequence(shape, 3);
      sequence.Fill();
      const Sequence::Output in_order = sequence.AttendToAll(Kernels(form));
      std::vector<int64_t> order(static_cast<size_t>(sequence.NumBlocks()));
      for (size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<int64_t>(order.size() - 1 - i);
      sequence.Fill(3, 1, order);
      ExpectSame(sequence.AttendToAll(Kernels(form)), in_order, Name(form));
    }
  }
}

TEST(Attention, GivesTheSameBitsForABatchOfSequences) {
  const Shape shape = {4, 2, 24, 45};
  for (InstructionSet form : SupportedInstructionSets()) {
    Sequence first(shape, 4), second(shape, 5);
    first.Fill();
    second.Fill();
    const Sequence::Output first_alone = first.AttendToAll(Kernels(form)),
                           second_alone = second.AttendToAll(Kernels(form));
    Sequence::Output first_mixed(shape), second_mixed(shape);
    std::vector<AttentionRow> rows;
    for (int64_t t = 0; t < shape.length; ++t) {
      rows.push_back(first.Row(t, first_mixed));
      if (t % 4 != 0) rows.push_back(second.Row(t, second_mixed));
    }
    for (int64_t t = 0; t < shape.length; t += 4) rows.push_back(second.Row(t, second_mixed));
    first.Attend(Kernels(form), rows);
    ExpectSame(first_mixed, first_alone, Name(form));
    ExpectSame(second_mixed, second_alone, Name(form));
  }
}

TEST(Attention, AgreesWithDouble) {
  for (const Shape& shape : Shapes()) {
    Sequence sequence(shape, 6);
    sequence.Fill();
    const Sequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
    const int32_t size = shape.head_size, group = shape.heads / shape.kv_heads;
    for (int64_t t = 0; t < shape.length; ++t) {
      for (int32_t h = 0; h < shape.heads; ++h) {
        std::vector<double> weights;
        double sum = 0;
        for (int64_t j = 0; j <= t; ++j) {
          double score = 0;
          for (int32_t d = 0; d < size; ++d)
            score += static_cast<double>(sequence.q.row(t)[h * size + d]) *
                     sequence.k.row(j)[h / group * size + d];
          weights.push_back(std::exp(score / std::sqrt(size)));
          sum += weights.back();
        }
        EXPECT_NEAR(output.lse[static_cast<size_t>(t * shape.heads + h)], std::log(sum), 3e-6);
        for (int32_t d = 0; d < size; ++d) {
          double out = 0;
          for (int64_t j = 0; j <= t; ++j)
            out += weights[static_cast<size_t>(j)] / sum * sequence.v.row(j)[h / group * size + d];
          EXPECT_NEAR(output.out.row(t)[h * size + d], out, 3e-6);
        }
      }
    }
  }
}

struct Gradients {
  Gradients(const Shape& shape)
      : dq(shape.length, shape.heads * shape.head_size, 1),
        dk(shape.length, shape.kv_heads * shape.head_size, 2),
        dv(shape.length, shape.kv_heads * shape.head_size, 3) {}
  Matrix dq, dk, dv;
};

Gradients Backward(const KernelTable& kernels, const Sequence& sequence,
                   const Sequence::Output& output, const Matrix& dout) {
  const Shape& shape = sequence.shape;
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
  for (const Shape& shape : Shapes()) {
    Sequence sequence(shape, 7);
    sequence.Fill();
    const Matrix dout = sequence.random.Normals(shape.length, shape.heads * shape.head_size);
    const Sequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
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
void ExpectGradientsOfDefinition(const Sequence& sequence, const Matrix& dout,
                                 const Gradients& gradients, double tolerance) {
  const Shape& shape = sequence.shape;
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
  for (const Shape& shape : Shapes()) {
    Sequence sequence(shape, 8);
    sequence.Fill();
    const Matrix dout = sequence.random.Normals(shape.length, shape.heads * shape.head_size);
    const Sequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
    ExpectGradientsOfDefinition(
        sequence, dout, Backward(Kernels(BestInstructionSet()), sequence, output, dout), 2e-5);
  }
}

TEST(AttentionBackward, HoldsForSequencesLongerThanAThousand) {
  const Shape shape = {2, 1, 24, 1100};
  Sequence sequence(shape, 9);
  sequence.Fill();
  const Matrix dout = sequence.random.Normals(shape.length, shape.heads * shape.head_size);
  const Sequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
  const Gradients best = Backward(Kernels(BestInstructionSet()), sequence, output, dout);
  ExpectGradientsOfDefinition(sequence, dout, best, 5e-5);
  const Gradients plain = Backward(Kernels(InstructionSet::kPlain), sequence, output, dout);
  ExpectSameBits(best.dq, plain.dq, "dq");
  ExpectSameBits(best.dk, plain.dk, "dk");
  ExpectSameBits(best.dv, plain.dv, "dv");
}

}  // namespace
}  // namespace gyre::kernels

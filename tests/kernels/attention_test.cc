#include <cmath>

#include "kernels/kernel_table.h"
#include "tests/kernels/cached_sequence.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

void ExpectSame(const CachedSequence::Output& actual, const CachedSequence::Output& expected,
                const std::string& what) {
  ExpectSameBits(actual.out, expected.out, what);
  ExpectSameBits(actual.lse, expected.lse, what);
}

TEST(Attention, GivesTheSameBitsInEveryForm) {
  for (const AttentionShape& shape : AttentionShapes()) {
    CachedSequence sequence(shape, 1);
    sequence.Fill();
    const CachedSequence::Output plain = sequence.AttendToAll(Kernels(InstructionSet::kPlain));
    for (InstructionSet form : VectorForms())
      ExpectSame(sequence.AttendToAll(Kernels(form)), plain, Name(form));
  }
}

TEST(Attention, GivesARowTheSameBitsAloneAndAmongOthers) {
  for (InstructionSet form : SupportedInstructionSets()) {
    for (const AttentionShape& shape : AttentionShapes()) {
      CachedSequence sequence(shape, 2);
      sequence.Fill();
      const CachedSequence::Output together = sequence.AttendToAll(Kernels(form));
      CachedSequence::Output alone(shape);
      for (int64_t t = 0; t < shape.length; ++t)
        sequence.Attend(Kernels(form), {sequence.Row(t, alone)});
      ExpectSame(alone, together, Name(form));
      CachedSequence::Output mixed(shape);  // backwards, in threes
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
    for (const AttentionShape& shape : AttentionShapes()) {
      CachedSequence sequence(shape, 3);
      sequence.Fill();
      const CachedSequence::Output in_order = sequence.AttendToAll(Kernels(form));
      std::vector<int64_t> order(static_cast<size_t>(sequence.NumBlocks()));
      for (size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<int64_t>(order.size() - 1 - i);
      sequence.Fill(3, 1, order);
      ExpectSame(sequence.AttendToAll(Kernels(form)), in_order, Name(form));
    }
  }
}

TEST(Attention, GivesTheSameBitsForABatchOfSequences) {
  const AttentionShape shape = {4, 2, 24, 45};
  for (InstructionSet form : SupportedInstructionSets()) {
    CachedSequence first(shape, 4), second(shape, 5);
    first.Fill();
    second.Fill();
    const CachedSequence::Output first_alone = first.AttendToAll(Kernels(form)),
                                 second_alone = second.AttendToAll(Kernels(form));
    CachedSequence::Output first_mixed(shape), second_mixed(shape);
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
  for (const AttentionShape& shape : AttentionShapes()) {
    CachedSequence sequence(shape, 6);
    sequence.Fill();
    const CachedSequence::Output output = sequence.AttendToAll(Kernels(BestInstructionSet()));
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

}  // namespace
}  // namespace gyre::kernels

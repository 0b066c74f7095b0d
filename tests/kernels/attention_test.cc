#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

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

// Sequences of one token more each, whose first blocks are the same; some share fewer.
struct Siblings {
  Siblings(const AttentionShape& shape, int64_t shared_blocks, int64_t count)
      : shape(shape), random(9), layout{shape.kv_heads, shape.head_size} {
    for (int64_t i = 0; i < shared_blocks; ++i) shared.push_back(Block(kBlockTokens));
    for (int64_t s = 0; s < count; ++s) {
      const int64_t length = shared_blocks * kBlockTokens + s * 5 % 40 + (s == 0 ? 0 : 1);
      const int64_t common = s == count / 2 ? shared_blocks - 1 : shared_blocks;
      std::vector<const float*> table(shared.begin(), shared.begin() + common);
      for (int64_t at = common * kBlockTokens; at < length; at += kBlockTokens)
        table.push_back(Block(std::min<int64_t>(kBlockTokens, length - at)));
      tables.push_back(std::move(table));
      lengths.push_back(static_cast<int32_t>(length));
      queries.push_back(random.Floats(shape.heads * shape.head_size));
    }
  }

  // Not-a-numbers past the first `positions`.
  const float* Block(int64_t positions) {
    storage.emplace_back(static_cast<size_t>(layout.FloatsPerBlock()),
                         std::numeric_limits<float>::quiet_NaN());
    for (int32_t i = 0; i < positions; ++i) {
      WriteKv(layout, storage.back().data(), i,
              random.Floats(shape.kv_heads * shape.head_size).data(),
              random.Floats(shape.kv_heads * shape.head_size).data());
    }
    return storage.back().data();
  }

  AttentionRow Row(size_t s, CachedSequence::Output& output) const {
    return {.q = queries[s].data(),
            .out = output.out.row(static_cast<int64_t>(s)),
            .blocks = tables[s].data(),
            .length = lengths[s],
            .lse = output.lse.data() + static_cast<int64_t>(s) * shape.heads};
  }

  void Attend(const KernelTable& kernels, const std::vector<AttentionRow>& rows, int32_t first_head,
              int32_t end_head) const {
    std::vector<float> scratch(static_cast<size_t>(AttentionScratchFloats(512)));
    kernels.attention({.layout = layout,
                       .heads = shape.heads,
                       .first_kv_head = first_head,
                       .end_kv_head = end_head,
                       .rows = rows.data(),
                       .num_rows = static_cast<int64_t>(rows.size()),
                       .scratch = scratch.data()});
  }

  AttentionShape shape;
  RandomTensors random;
  KvLayout layout;
  std::deque<std::vector<float>> storage;
  std::vector<const float*> shared;
  std::vector<std::vector<const float*>> tables;
  std::vector<int32_t> lengths;
  std::vector<std::vector<float>> queries;
};

TEST(Attention, GivesRowsThatShareAPrefixTheSameBitsAsEachAlone) {
  constexpr int64_t kRows = 19;
  for (const AttentionShape& heads : {AttentionShape{4, 4, 24, kRows},
                                      {9, 3, 64, kRows},
                                      {4, 2, 40, kRows},
                                      {1, 1, 17, kRows},
                                      {8, 1, 96, kRows}}) {
    for (const int64_t shared_blocks : {1, 2, 3, 9}) {
      const Siblings siblings(heads, shared_blocks, kRows);
      CachedSequence::Output plain(heads);
      for (size_t s = 0; s < kRows; ++s)
        siblings.Attend(Kernels(InstructionSet::kPlain), {siblings.Row(s, plain)}, 0, 0);
      for (InstructionSet form : SupportedInstructionSets()) {
        CachedSequence::Output together(heads);
        std::vector<AttentionRow> rows;
        for (size_t s = 0; s < kRows; ++s) rows.push_back(siblings.Row(s, together));
        siblings.Attend(Kernels(form), rows, 0, 0);
        ExpectSame(together, plain, Name(form));

        CachedSequence::Output by_head(heads);
        rows.clear();
        for (size_t s = 0; s < kRows; ++s) rows.push_back(siblings.Row(s, by_head));
        for (int32_t head = 0; head < heads.kv_heads; ++head)
          siblings.Attend(Kernels(form), rows, head, head + 1);
        ExpectSame(by_head, plain, Name(form));
      }
    }
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

// The forward pass gives a token the same bits however its sequence is cut into calls, whatever
// stands beside it, and on every instruction set.
#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/instruction_set.h"
#include "kernels/kernel_table.h"
#include "model/network.h"
#include "model/probe.h"
#include "tests/model/tiny_models.h"

namespace gyre::model {
namespace {

using Bits = std::vector<uint32_t>;

Bits BitsOf(const std::vector<float>& values) {
  Bits bits;
  for (const float value : values) bits.push_back(std::bit_cast<uint32_t>(value));
  return bits;
}

// A sequence that is generated or prefilled piece by piece, with a cache whose blocks stand in
// memory in no order and are full of rubbish at first.
class CachedSequence {
 public:
  CachedSequence(const PackedNetwork& network, std::vector<int32_t> tokens, std::mt19937& generator)
      : tokens_(std::move(tokens)) {
    const size_t num_blocks = tokens_.size() / kernels::kBlockTokens + 1;
    for (size_t i = 0; i < num_blocks; ++i) {
      memory_.emplace_back(static_cast<size_t>(network.FloatsPerBlockOfAllLayers()),
                           i % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : 7e33f);
    }
    std::shuffle(memory_.begin(), memory_.end(), generator);
    for (std::vector<float>& block : memory_) table_.push_back(block.data());
  }

  int64_t left() const { return static_cast<int64_t>(tokens_.size()) - 1 - next_; }
  void AppendRows(int64_t count, std::vector<NetworkRow>& rows) {
    for (int64_t i = 0; i < count; ++i, ++next_) {
      rows.push_back(
          {tokens_[static_cast<size_t>(next_)], static_cast<int32_t>(next_), table_.data()});
    }
  }
  int32_t target(int64_t position) const { return tokens_[static_cast<size_t>(position) + 1]; }
  const std::vector<int32_t>& tokens() const { return tokens_; }

  std::vector<float> log_probs;

 private:
  std::vector<int32_t> tokens_;
  std::vector<std::vector<float>> memory_;
  std::vector<float*> table_;
  int64_t next_ = 0;
};

// One call for pieces of several sequences; collects the log-probs of all their rows.
void Step(const PackedNetwork& network, std::vector<CachedSequence>& sequences,
          const std::vector<std::pair<size_t, int64_t>>& pieces, ForwardScratch& scratch) {
  std::vector<NetworkRow> rows;
  std::vector<size_t> owner;
  for (const auto& [index, count] : pieces) {
    sequences[index].AppendRows(count, rows);
    owner.insert(owner.end(), static_cast<size_t>(count), index);
  }
  std::vector<float> hidden(rows.size() * static_cast<size_t>(network.config().hidden_size));
  network.Forward(rows, network.kv_layout().FloatsPerBlock(), scratch, hidden.data());
  std::vector<int32_t> chosen;
  std::vector<int32_t> targets;
  for (size_t i = 0; i < rows.size(); ++i) {
    chosen.push_back(static_cast<int32_t>(i));
    targets.push_back(sequences[owner[i]].target(rows[i].position));
  }
  std::vector<float> log_probs(rows.size());
  network.LogProbs(hidden.data(), chosen, targets, 1.0f, scratch, {.log_probs = log_probs.data()});
  for (size_t i = 0; i < rows.size(); ++i) sequences[owner[i]].log_probs.push_back(log_probs[i]);
}

class ForwardBits : public testing::TestWithParam<NamedConfig> {
 protected:
  // Log-probs of whole sequences, each in a call of its own.
  static std::vector<Bits> WholeSequences(const PackedNetwork& network,
                                          const std::vector<std::vector<int32_t>>& sequences) {
    ForwardScratch scratch;
    std::vector<Bits> all;
    for (const std::vector<int32_t>& tokens : sequences) {
      const auto log_probs = ScoreSequence(network, tokens, 1.0f, scratch);
      EXPECT_TRUE(log_probs.ok()) << log_probs.status();
      all.push_back(BitsOf(*log_probs));
    }
    return all;
  }

  std::mt19937 generator_{7};
  const weights::ModelConfig config_ = GetParam().config;
  const Parameters parameters_ = RandomParameters(config_, 3);
  const std::vector<std::vector<int32_t>> tokens_ = {
      RandomTokens(config_, 90, generator_), RandomTokens(config_, 2, generator_),
      RandomTokens(config_, 17, generator_), RandomTokens(config_, 33, generator_),
      RandomTokens(config_, 150, generator_)};
};

TEST_P(ForwardBits, DecodingTokenByTokenEqualsTheWholeSequenceAtOnce) {
  for (const kernels::InstructionSet isa : kernels::SupportedInstructionSets()) {
    const PackedNetwork network(parameters_, kernels::Kernels(isa));
    std::vector<CachedSequence> sequences;
    for (const auto& tokens : tokens_) sequences.emplace_back(network, tokens, generator_);
    ForwardScratch scratch;
    for (;;) {  // all sequences side by side, a token each
      std::vector<std::pair<size_t, int64_t>> pieces;
      for (size_t i = 0; i < sequences.size(); ++i)
        if (sequences[i].left() > 0) pieces.emplace_back(i, 1);
      if (pieces.empty()) break;
      Step(network, sequences, pieces, scratch);
    }
    const std::vector<Bits> whole = WholeSequences(network, tokens_);
    for (size_t i = 0; i < whole.size(); ++i)
      EXPECT_EQ(BitsOf(sequences[i].log_probs), whole[i]) << "sequence " << i;
  }
}

TEST_P(ForwardBits, ChunksOfAnySizeInAnyCompanyEqualTheWholeSequenceAtOnce) {
  for (const kernels::InstructionSet isa : kernels::SupportedInstructionSets()) {
    const PackedNetwork network(parameters_, kernels::Kernels(isa));
    std::vector<CachedSequence> sequences;
    for (const auto& tokens : tokens_) sequences.emplace_back(network, tokens, generator_);
    ForwardScratch scratch;
    for (;;) {  // prefill chunks beside single decoded tokens, a changing choice of sequences
      std::vector<std::pair<size_t, int64_t>> pieces;
      for (size_t i = 0; i < sequences.size(); ++i) {
        const int64_t left = sequences[i].left();
        if (left == 0 || generator_() % 3 == 0) continue;
        pieces.emplace_back(
            i, 1 + static_cast<int64_t>(generator_() %
                                        static_cast<uint32_t>(std::min<int64_t>(left, 21))));
      }
      std::shuffle(pieces.begin(), pieces.end(), generator_);
      if (!pieces.empty()) Step(network, sequences, pieces, scratch);
      if (std::all_of(sequences.begin(), sequences.end(),
                      [](const CachedSequence& s) { return s.left() == 0; }))
        break;
    }
    const std::vector<Bits> whole = WholeSequences(network, tokens_);
    for (size_t i = 0; i < whole.size(); ++i)
      EXPECT_EQ(BitsOf(sequences[i].log_probs), whole[i]) << "sequence " << i;
  }
}

TEST_P(ForwardBits, EveryInstructionSetGivesTheSameBits) {
  std::vector<std::vector<Bits>> results;
  for (const kernels::InstructionSet isa : kernels::SupportedInstructionSets())
    results.push_back(WholeSequences(PackedNetwork(parameters_, kernels::Kernels(isa)), tokens_));
  for (const std::vector<Bits>& result : results) EXPECT_EQ(result, results.front());
}

TEST_P(ForwardBits, ANetworkPackedAgainIsTheNewParameters) {
  const kernels::KernelTable& kernels = kernels::Kernels(kernels::BestInstructionSet());
  const Parameters others = RandomParameters(config_, 4);
  PackedNetwork network(parameters_, kernels);
  const std::vector<Bits> before = WholeSequences(network, tokens_);
  network.Repack(others);
  EXPECT_EQ(WholeSequences(network, tokens_), WholeSequences({others, kernels}, tokens_));
  EXPECT_NE(WholeSequences(network, tokens_), before);
}

INSTANTIATE_TEST_SUITE_P(Networks, ForwardBits, testing::ValuesIn(TinyConfigs()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gyre::model

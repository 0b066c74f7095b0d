#include "actor/policy_blocks.h"

#include <cstring>

#include "gmock/gmock.h"
#include "tests/actor/fake_policy_server.h"

namespace gyre::actor {
namespace {

using testing::HasSubstr;

// Embedding and head have two blocks each.
weights::ModelConfig WideConfig() {
  weights::ModelConfig config = TinyCountdownConfig();
  config.vocab_size = 40000;
  config.hidden_size = 32;
  config.num_layers = 1;
  return config;
}

class PolicyBlocksTest : public testing::Test {
 protected:
  PolicyBlocksTest() {
    for (const model::TensorPlace& place : parameters_.layout().tensors()) {
      *manifest_.add_tensors() =
          weights::MakeTensorEntry(place.name, place.shape, parameters_.tensor(place.name));
    }
    manifest_.set_config_json(weights::ConfigJson(WideConfig()));
  }

  // `size` 0: to the block's end.
  FetchReply Piece(uint32_t tensor, uint32_t block, int64_t offset = 0, int64_t size = 0) const {
    const absl::Span<const float> values =
        parameters_.tensor(parameters_.layout().tensors()[tensor].name);
    const auto tensor_bytes = static_cast<int64_t>(values.size() * sizeof(float));
    if (size == 0) size = weights::PolicyBlockBytes(tensor_bytes, block) - offset;
    FetchReply piece;
    piece.set_tensor(tensor);
    piece.set_block(block);
    piece.set_offset(static_cast<uint64_t>(offset));
    piece.set_data(reinterpret_cast<const char*>(values.data()) +
                       int64_t{block} * weights::kPolicyBlockBytes + offset,
                   static_cast<size_t>(size));
    return piece;
  }

  // Adds everything that is missing.
  void Fill(PolicyBlocks& blocks) const {
    for (const FetchRequest::Range& range : blocks.StartMissing()) {
      for (uint32_t i = 0; i < range.blocks(); ++i) {
        EXPECT_TRUE(blocks.Add(Piece(range.tensor(), range.first_block() + i)).ok());
      }
    }
  }
  void ExpectWhole(const PolicyBlocks& blocks) const {
    ASSERT_TRUE(blocks.complete());
    const auto expected = parameters_.flat();
    EXPECT_EQ(std::memcmp(expected.data(), blocks.parameters().flat().data(),
                          expected.size() * sizeof(float)),
              0);
  }

  const model::Parameters parameters_ = model::Parameters::FromSeed(WideConfig(), 3);
  PolicyManifest manifest_;
};

TEST_F(PolicyBlocksTest, BlocksMayComeInAnyOrderAndInPieces) {
  PolicyBlocks blocks = *PolicyBlocks::Create(manifest_);
  EXPECT_TRUE(blocks.Add(Piece(0, 1)).ok());
  EXPECT_TRUE(blocks.Add(Piece(0, 0, 0, 1000)).ok());
  EXPECT_TRUE(blocks.Add(Piece(2, 0)).ok());
  EXPECT_TRUE(blocks.Add(Piece(0, 0, 1000)).ok());
  const auto missing = blocks.StartMissing();
  EXPECT_EQ(missing.front().tensor(), 1u);
  EXPECT_EQ(missing.back().blocks(), 2u) << "neighbours are one range";
  Fill(blocks);
  ExpectWhole(blocks);
}

TEST_F(PolicyBlocksTest, WrongBytesAreForgottenAndTheOthersStand) {
  PolicyBlocks blocks = *PolicyBlocks::Create(manifest_);
  FetchReply wrong = Piece(0, 0);
  (*wrong.mutable_data())[12345] ^= 4;
  EXPECT_TRUE(blocks.Add(Piece(0, 1)).ok());
  EXPECT_EQ(blocks.Add(wrong).code(), absl::StatusCode::kDataLoss);
  const auto missing = blocks.StartMissing();
  EXPECT_EQ(missing.front().first_block(), 0u);
  EXPECT_EQ(missing.front().blocks(), 1u);
  Fill(blocks);
  ExpectWhole(blocks);
}

TEST_F(PolicyBlocksTest, PieceOutOfPlaceIsRefused) {
  PolicyBlocks blocks = *PolicyBlocks::Create(manifest_);
  const absl::StatusCode invalid = absl::StatusCode::kInvalidArgument;
  FetchReply piece = Piece(0, 1);
  piece.set_tensor(999);
  EXPECT_EQ(blocks.Add(piece).code(), invalid);
  piece = Piece(0, 1);
  piece.set_block(2);
  EXPECT_EQ(blocks.Add(piece).code(), invalid);
  EXPECT_EQ(blocks.Add(Piece(0, 0, 1000)).code(), invalid) << "its beginning has not come";
  piece = Piece(0, 1);
  piece.mutable_data()->append("more than the tensor");
  EXPECT_EQ(blocks.Add(piece).code(), invalid);
  piece = Piece(0, 1, 0, 8);
  piece.set_offset(~uint64_t{0} - 3);
  EXPECT_EQ(blocks.Add(piece).code(), invalid);
  Fill(blocks);
  ExpectWhole(blocks);
}

TEST_F(PolicyBlocksTest, StreamThatBreaksOffInABlockBeginsItAnew) {
  PolicyBlocks blocks = *PolicyBlocks::Create(manifest_);
  EXPECT_TRUE(blocks.Add(Piece(0, 0, 0, 1000)).ok());
  Fill(blocks);
  ExpectWhole(blocks);
  EXPECT_TRUE(blocks.Add(Piece(0, 0)).ok()) << "what is there already is ignored";
}

TEST_F(PolicyBlocksTest, ManifestOfAnotherNetworkIsRefusedByName) {
  const auto refusal = [](const PolicyManifest& manifest) {
    return std::string(PolicyBlocks::Create(manifest).status().message());
  };
  PolicyManifest manifest = manifest_;
  manifest.mutable_tensors(2)->set_name("model.extra.weight");
  EXPECT_THAT(refusal(manifest), HasSubstr("model.extra.weight"));
  manifest = manifest_;
  manifest.mutable_tensors(0)->set_shape(0, 39999);
  EXPECT_THAT(refusal(manifest), HasSubstr("[39999, 32]"));
  manifest = manifest_;
  manifest.mutable_tensors()->RemoveLast();
  EXPECT_THAT(refusal(manifest), HasSubstr("tensors"));
  manifest = manifest_;
  *manifest.mutable_tensors(1) = manifest.tensors(0);
  EXPECT_THAT(refusal(manifest), HasSubstr("twice"));
  weights::ModelConfig nonsense = WideConfig();
  nonsense.vocab_size = 2147483647;
  manifest = manifest_;
  manifest.set_config_json(weights::ConfigJson(nonsense));
  EXPECT_THAT(refusal(manifest), HasSubstr("[40000, 32], not [2147483647, 32]"))
      << "no memory is taken for it";
  nonsense = WideConfig();
  nonsense.num_layers = 4096;
  manifest.set_config_json(weights::ConfigJson(nonsense));
  EXPECT_THAT(refusal(manifest), HasSubstr("too few for 4096 layers"));
  manifest = manifest_;
  manifest.set_config_json("{");
  EXPECT_FALSE(PolicyBlocks::Create(manifest).ok());
}

}  // namespace
}  // namespace gyre::actor

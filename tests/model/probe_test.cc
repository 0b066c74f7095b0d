#include "model/probe.h"

#include <gmock/gmock.h>

#include <random>

#include "gtest/gtest.h"
#include "tests/model/tiny_models.h"

namespace gyre::model {
namespace {

class ProbeTest : public testing::Test {
 protected:
  const weights::ModelConfig config_ = TinyConfig();
  const PackedNetwork network_{RandomParameters(config_, 1),
                               kernels::Kernels(kernels::BestInstructionSet())};
  std::mt19937 generator_{1};
};

TEST_F(ProbeTest, HasNoDifferenceFromItsOwnNetworkOnAnyInstructionSet) {
  const auto probe = MakeProbe(
      network_, {RandomTokens(config_, 50, generator_), RandomTokens(config_, 1, generator_)});
  ASSERT_TRUE(probe.ok());
  EXPECT_EQ(probe->sequences(0).log_probs_size(), 49);
  EXPECT_EQ(probe->sequences(1).log_probs_size(), 0);
  for (const kernels::InstructionSet isa : kernels::SupportedInstructionSets()) {
    const PackedNetwork same(RandomParameters(config_, 1), kernels::Kernels(isa));
    EXPECT_EQ(*ProbeDifference(same, *probe), 0.0);
  }
}

TEST_F(ProbeTest, TellsOtherWeights) {
  const auto probe = MakeProbe(network_, {RandomTokens(config_, 50, generator_)});
  ASSERT_TRUE(probe.ok());
  Parameters other = RandomParameters(config_, 1);
  other.tensor("model.layers.2.mlp.down_proj.weight")[3] += 0.1f;
  const PackedNetwork network(other, network_.kernels());
  EXPECT_GT(*ProbeDifference(network, *probe), 1e-6);
}

TEST_F(ProbeTest, DoesNotPassOverNan) {
  auto probe = MakeProbe(network_, {RandomTokens(config_, 5, generator_)});
  ASSERT_TRUE(probe.ok());
  probe->mutable_sequences(0)->set_log_probs(1, std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(std::isnan(*ProbeDifference(network_, *probe)));
}

TEST_F(ProbeTest, RefusesWhatDoesNotFitTheNetwork) {
  Probe probe;
  probe.add_sequences()->add_token_ids(37);
  EXPECT_THAT(ProbeDifference(network_, probe).status().message(), testing::HasSubstr("token 37"));
  probe.mutable_sequences(0)->set_token_ids(0, 1);
  probe.mutable_sequences(0)->add_log_probs(-1);
  EXPECT_EQ(ProbeDifference(network_, probe).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MakeProbe(network_, {std::vector<int32_t>(161, 1)}).status().message(),
              testing::HasSubstr("161 tokens"));
  EXPECT_FALSE(MakeProbe(network_, {{}}).ok());
}

}  // namespace
}  // namespace gyre::model

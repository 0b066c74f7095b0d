#include "learner/policy_snapshot.h"

#include <limits>
#include <string>

#include "absl/status/status.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/instruction_set.h"
#include "kernels/kernel_table.h"
#include "model/network.h"
#include "tests/model/tiny_models.h"

namespace gyre::learner {
namespace {

using testing::AllOf;
using testing::HasSubstr;

absl::Status StatusOfSnapshot(const model::Parameters& parameters) {
  const model::PackedNetwork network(parameters, kernels::Kernels(kernels::BestInstructionSet()));
  return PolicySnapshot::Make(3, parameters, network,
                              {.address = "127.0.0.1:1",
                               .tokenizer_digest = base::Sha256::Of("tokenizer"),
                               .probe = ProbeSequences(parameters.config(), 7)})
      .status();
}

TEST(PolicySnapshot, IsMadeOfFiniteWeights) {
  EXPECT_TRUE(StatusOfSnapshot(model::RandomParameters(model::TinyConfig(), 1)).ok());
}

TEST(PolicySnapshot, IsNotMadeOfWeightsThatAreNotNumbers) {
  model::Parameters parameters = model::RandomParameters(model::TinyConfig(), 1);
  parameters.tensor("model.norm.weight")[4] = std::numeric_limits<float>::quiet_NaN();
  const absl::Status status = StatusOfSnapshot(parameters);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("non-finite weights (model.norm.weight)"),
                    HasSubstr("policy version 3"), HasSubstr("learning rate")));
}

TEST(PolicySnapshot, IsNotMadeWhereFiniteWeightsGiveLogProbsThatAreNot) {
  model::Parameters parameters = model::RandomParameters(model::TinyConfig(), 1);
  for (float& weight : parameters.tensor("model.norm.weight")) weight = 3e38f;
  ASSERT_EQ(parameters.FindNonfinite(), nullptr);
  const absl::Status status = StatusOfSnapshot(parameters);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("non-finite log-probs"));
}

}  // namespace
}  // namespace gyre::learner

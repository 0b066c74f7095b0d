#include "learner/optimizer.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/parameters.h"
#include "tests/model/tiny_models.h"

namespace gyre::learner {
namespace {

using testing::HasSubstr;

class OptimizerTest : public testing::Test {
 protected:
  OptimizerTest() {
    spec_.set_weight_decay(0.1f);
    spec_.set_beta1(0.9f);
    spec_.set_beta2(0.95f);
    for (size_t i = 0; i < gradient_.size(); ++i)
      gradient_[i] = 0.01f * static_cast<float>(static_cast<int>(i % 7) - 3);
  }

  Optimizer Fresh() const { return Optimizer(parameters_.shared_layout(), spec_, kernels_); }

  const kernels::KernelTable& kernels_ = kernels::Kernels(kernels::BestInstructionSet());
  model::Parameters parameters_ = model::RandomParameters(model::TinyConfig(), 1);
  std::vector<float> gradient_ = std::vector<float>(parameters_.flat().size());
  OptimizerSpec spec_;
};

// Against the formula in double (PyTorch's AdamW).
TEST_F(OptimizerTest, IsAdamwWithDecayForMatricesOnly) {
  const std::vector<float> before(parameters_.flat().begin(), parameters_.flat().end());
  Optimizer optimizer = Fresh();
  const double rate = 0.01;
  const double scale = 0.5;
  for (int update = 0; update < 3; ++update)
    optimizer.Update(parameters_.flat(), gradient_, scale, rate);
  EXPECT_EQ(optimizer.counts().updates, 3u);

  for (const model::TensorPlace& tensor : parameters_.layout().tensors()) {
    const double decay = tensor.is_matrix() ? 0.1 : 0.0;
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; i += 5) {
      const size_t at = static_cast<size_t>(i);
      double p = static_cast<double>(before[at]);
      double m = 0;
      double v = 0;
      const double g = scale * static_cast<double>(gradient_[at]);
      for (int t = 1; t <= 3; ++t) {
        m = 0.9 * m + 0.1 * g;
        v = 0.95 * v + 0.05 * g * g;
        p -= rate * decay * p;
        p -= rate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.95, t))) + 1e-8);
      }
      EXPECT_NEAR(static_cast<double>(parameters_.flat()[at]), p, 2e-6) << tensor.name;
    }
  }
}

TEST_F(OptimizerTest, GoesOnAsItWasAfterExportAndImport) {
  Optimizer optimizer = Fresh();
  optimizer.Update(parameters_.flat(), gradient_, 1, 0.01);
  optimizer.SkipNonfinite();
  Optimizer other = Fresh();
  ASSERT_TRUE(other.Import(optimizer.counts(), optimizer.Export()).ok());
  EXPECT_EQ(other.counts(), (OptimizerCounts{1, 1}));

  model::Parameters copy = parameters_.Copy();
  optimizer.Update(parameters_.flat(), gradient_, 1, 0.01);
  other.Update(copy.flat(), gradient_, 1, 0.01);
  EXPECT_EQ(copy.flat(), parameters_.flat());
  EXPECT_EQ(other.counts(), (OptimizerCounts{2, 0}));
}

TEST_F(OptimizerTest, ImportsTensorsThatWereCutIntoRows) {
  Optimizer optimizer = Fresh();
  optimizer.Update(parameters_.flat(), gradient_, 1, 0.01);
  std::vector<OptimizerShard> shards;
  for (const OptimizerShard& whole : optimizer.Export()) {
    const size_t row = whole.first_moment.size() / static_cast<size_t>(whole.num_rows);
    const int64_t cut = whole.num_rows / 3;
    for (const auto& [first, end] :
         {std::pair<int64_t, int64_t>{cut, whole.num_rows}, std::pair<int64_t, int64_t>{0, cut}}) {
      const size_t offset = static_cast<size_t>(first) * row;
      const size_t size = static_cast<size_t>(end - first) * row;
      shards.push_back({whole.tensor, first, end - first, whole.first_moment.subspan(offset, size),
                        whole.second_moment.subspan(offset, size)});
    }
  }
  Optimizer other = Fresh();
  ASSERT_TRUE(other.Import(optimizer.counts(), shards).ok());
  for (size_t i = 0; i < other.Export().size(); ++i) {
    EXPECT_EQ(other.Export()[i].first_moment, optimizer.Export()[i].first_moment);
    EXPECT_EQ(other.Export()[i].second_moment, optimizer.Export()[i].second_moment);
  }
}

TEST_F(OptimizerTest, RefusesStateThatDoesNotFitAndStaysAsItWas) {
  Optimizer optimizer = Fresh();
  optimizer.Update(parameters_.flat(), gradient_, 1, 0.01);
  const std::vector<OptimizerShard> whole = optimizer.Export();
  Optimizer other = Fresh();
  const auto refusal = [&](const std::vector<OptimizerShard>& shards) {
    const absl::Status status = other.Import({5, 0}, shards);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(other.counts(), OptimizerCounts());
    return std::string(status.message());
  };
  std::vector<OptimizerShard> shards(whole.begin(), whole.end() - 1);
  EXPECT_THAT(refusal(shards), HasSubstr("lacks rows of lm_head.weight"));
  shards = whole;
  shards[2].num_rows += 1;
  EXPECT_THAT(refusal(shards), HasSubstr(whole[2].tensor));
  shards = whole;
  shards[3].second_moment.remove_suffix(1);
  EXPECT_THAT(refusal(shards), HasSubstr(whole[3].tensor));
  shards = whole;
  shards[0].tensor = "model.layers.9.mlp.up_proj.weight";
  EXPECT_THAT(refusal(shards), HasSubstr("model.layers.9.mlp.up_proj.weight"));
}

TEST(SumOfSquares, TellsInfinityAndNan) {
  const kernels::KernelTable& kernels = kernels::Kernels(kernels::BestInstructionSet());
  std::vector<float> values(100, 2.0f);
  EXPECT_EQ(SumOfSquares(kernels, values), 400.0);
  values[70] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(std::isfinite(SumOfSquares(kernels, values)));
  values[70] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(std::isfinite(SumOfSquares(kernels, values)));
}

}  // namespace
}  // namespace gyre::learner

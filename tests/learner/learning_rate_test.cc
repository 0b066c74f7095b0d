#include "learner/learning_rate.h"

#include <cmath>

#include "gtest/gtest.h"

namespace gyre::learner {
namespace {

OptimizerSpec Spec(OptimizerSpec::Schedule schedule, uint32_t warmup) {
  OptimizerSpec spec;
  spec.set_learning_rate(0.5f);
  spec.set_schedule(schedule);
  spec.set_warmup_updates(warmup);
  spec.set_final_fraction(0.25f);
  return spec;
}

TEST(LearningRate, WarmsUpFromTheFirstUpdate) {
  const OptimizerSpec spec = Spec(OptimizerSpec::CONSTANT, 4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, 100), 0.125);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 2, 100), 0.375);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 3, 100), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 4, 100), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 99, 100), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate(Spec(OptimizerSpec::CONSTANT, 0), 0, 100), 0.5);
}

TEST(LearningRate, FallsLinearlyAfterWarmUp) {
  const OptimizerSpec spec = Spec(OptimizerSpec::LINEAR, 20);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 20, 100), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 60, 100), 0.5 * 0.625);
  EXPECT_NEAR(LearningRate(spec, 99, 100), 0.125, 0.006);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 100, 100), 0.125);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 500, 100), 0.125);
}

TEST(LearningRate, FallsAlongACosineAfterWarmUp) {
  const OptimizerSpec spec = Spec(OptimizerSpec::COSINE, 20);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 19, 100), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 20, 100), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 60, 100), 0.5 * 0.625);
  EXPECT_NEAR(LearningRate(spec, 40, 100), 0.5 * (0.25 + 0.75 * (1 + std::sqrt(0.5)) / 2), 1e-12);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 100, 100), 0.125);
}

TEST(LearningRate, StandsAWarmUpAsLongAsTheStage) {
  EXPECT_DOUBLE_EQ(LearningRate(Spec(OptimizerSpec::COSINE, 10), 9, 10), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate(Spec(OptimizerSpec::COSINE, 10), 10, 10), 0.5);
}

}  // namespace
}  // namespace gyre::learner

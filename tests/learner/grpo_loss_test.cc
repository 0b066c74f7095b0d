// Golden numbers: the formulas of arXiv 2402.03300 and 2503.14476 by hand.
#include "learner/grpo_loss.h"

#include <cmath>

#include "gtest/gtest.h"

namespace gyre::learner {
namespace {

constexpr double kTolerance = 1e-6;

GrpoSpec Spec(float kl_coefficient = 0) {
  GrpoSpec spec;
  spec.set_clip_low(0.2f);
  spec.set_clip_high(0.28f);
  spec.set_kl_coefficient(kl_coefficient);
  return spec;
}

GrpoTokenLoss AtRatio(double ratio, double advantage) {
  return GrpoLoss(Spec()).Token(-1.0 + std::log(ratio), -1.0, advantage, 0);
}

TEST(GrpoLoss, ClipsWhatWouldGainMoreByGoingFurther) {
  const GrpoTokenLoss high = AtRatio(1.3, 1);
  EXPECT_NEAR(high.loss, -1.28, kTolerance);
  EXPECT_EQ(high.derivative, 0);
  EXPECT_TRUE(high.clipped_high);
  EXPECT_FALSE(high.clipped_low);

  const GrpoTokenLoss low = AtRatio(0.5, -1);
  EXPECT_NEAR(low.loss, 0.8, kTolerance);
  EXPECT_EQ(low.derivative, 0);
  EXPECT_TRUE(low.clipped_low);
  EXPECT_FALSE(low.clipped_high);
}

TEST(GrpoLoss, DoesNotClipTheWayBack) {
  const GrpoTokenLoss low = AtRatio(0.5, 1);
  EXPECT_NEAR(low.loss, -0.5, kTolerance);
  EXPECT_NEAR(low.derivative, -0.5, kTolerance);
  for (const double ratio : {1.3, 5.0}) {
    const GrpoTokenLoss high = AtRatio(ratio, -1);
    EXPECT_NEAR(high.loss, ratio, kTolerance);
    EXPECT_NEAR(high.derivative, ratio, kTolerance);
    EXPECT_FALSE(high.clipped_high);
    EXPECT_NEAR(high.ratio, ratio, kTolerance);
  }
}

TEST(GrpoLoss, OnPolicyIsTheAdvantage) {
  const GrpoTokenLoss token = AtRatio(1, 0.7);
  EXPECT_EQ(token.ratio, 1);
  EXPECT_EQ(token.loss, -0.7);
  EXPECT_EQ(token.derivative, -0.7);
}

TEST(GrpoLoss, HasTheKlOfTheThirdEstimator) {
  const GrpoLoss loss(Spec(/*kl_coefficient=*/1));
  const auto kl = [&](double log_prob, double reference) {
    return loss.Token(log_prob, log_prob, 0, reference);
  };
  EXPECT_NEAR(kl(-1, -1.2).kl, 0.018731, kTolerance);
  EXPECT_NEAR(kl(-1, -1.2).derivative, 0.181269, kTolerance);
  EXPECT_NEAR(kl(-1.2, -1).kl, 0.021403, kTolerance);
  EXPECT_NEAR(kl(-1.2, -1).derivative, -0.221403, kTolerance);
  EXPECT_NEAR(kl(-2, -0.1).kl, 3.785894, kTolerance);
  EXPECT_NEAR(kl(-2, -0.1).derivative, -5.685894, kTolerance);
  EXPECT_NEAR(kl(-2, -0.1).loss, 3.785894, kTolerance);
}

TEST(GrpoLoss, WithoutKlReadsNoReference) {
  EXPECT_FALSE(GrpoLoss(Spec()).has_reference());
  const GrpoTokenLoss token = GrpoLoss(Spec()).Token(-1, -1, 1, std::nan(""));
  EXPECT_EQ(token.kl, 0);
  EXPECT_EQ(token.loss, -1);
}

TEST(GrpoLoss, LimitsWhatIsExponentiated) {
  const GrpoTokenLoss far = GrpoLoss(Spec()).Token(-1, -1000, -1, 0);
  EXPECT_NEAR(far.ratio, std::exp(20.0), 1);
  EXPECT_EQ(far.derivative, 0);
  const GrpoTokenLoss kl = GrpoLoss(Spec(1)).Token(-1000, -1000, 0, -1);
  EXPECT_NEAR(kl.kl, std::exp(20.0) - 21, 1);
  EXPECT_EQ(kl.derivative, 0);
}

TEST(GrpoLoss, PassesOnWhatIsNotANumber) {
  const GrpoTokenLoss token = GrpoLoss(Spec()).Token(std::nan(""), -1, 1, 0);
  EXPECT_TRUE(std::isnan(token.loss));
  EXPECT_TRUE(std::isnan(token.derivative));
}

}  // namespace
}  // namespace gyre::learner

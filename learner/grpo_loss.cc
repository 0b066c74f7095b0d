#include "learner/grpo_loss.h"

#include <algorithm>
#include <cmath>

#include "kernels/double_math.h"

namespace gyre::learner {
namespace {

double Limited(double difference) {
  return std::clamp(difference, -kMostLogDifference, kMostLogDifference);
}

}  // namespace

GrpoLoss::GrpoLoss(const GrpoSpec& spec)
    : lowest_ratio_(1 - static_cast<double>(spec.clip_low())),
      highest_ratio_(1 + static_cast<double>(spec.clip_high())),
      kl_coefficient_(static_cast<double>(spec.kl_coefficient())) {}

GrpoTokenLoss GrpoLoss::Token(double log_prob, double behaviour_log_prob, double advantage,
                              double reference_log_prob) const {
  GrpoTokenLoss result;
  const double difference = log_prob - behaviour_log_prob;
  const double limited = Limited(difference);
  result.ratio = kernels::DoubleExp(limited);
  const double clipped = std::clamp(result.ratio, lowest_ratio_, highest_ratio_);
  const double plain_objective = result.ratio * advantage;
  const double clipped_objective = clipped * advantage;
  if (clipped_objective < plain_objective) {
    result.loss = -clipped_objective;
    result.clipped_low = result.ratio < lowest_ratio_;
    result.clipped_high = result.ratio > highest_ratio_;
  } else {
    result.loss = -plain_objective;
    if (limited == difference) result.derivative = -plain_objective;
  }
  if (std::isnan(difference)) result.derivative = difference;

  if (has_reference()) {
    const double d = log_prob - reference_log_prob;
    const double limited_d = Limited(d);
    const double inverse_ratio = kernels::DoubleExp(-limited_d);
    result.kl = inverse_ratio + limited_d - 1;
    result.loss += kl_coefficient_ * result.kl;
    if (limited_d == d) result.derivative += kl_coefficient_ * (1 - inverse_ratio);
    if (std::isnan(d)) result.derivative = d;
  }
  return result;
}

}  // namespace gyre::learner

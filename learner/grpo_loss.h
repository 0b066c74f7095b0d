// The loss of one token under GRPO (arXiv 2402.03300, eq. 3, per token; asymmetric clip: DAPO,
// arXiv 2503.14476, eq. 8) and its derivative by the token's log-probability.
#pragma once

#include "proto/run_spec.pb.h"

namespace gyre::learner {

struct GrpoTokenLoss {
  double loss = 0;           // to be minimised
  double derivative = 0;     // d loss / d log_prob
  double ratio = 1;          // π / π_behaviour
  double kl = 0;             // k3 against the reference; 0 without one
  bool clipped_low = false;  // the ratio is below 1 - clip_low and the clip decided (advantage < 0)
  bool clipped_high = false;  // above 1 + clip_high and the clip decided (advantage > 0)
};

// Differences of log-probs are limited to ±this before they are exponentiated; beyond it the
// derivative is 0.
inline constexpr double kMostLogDifference = 20;

class GrpoLoss {
 public:
  explicit GrpoLoss(const GrpoSpec& spec);

  bool has_reference() const { return kl_coefficient_ != 0; }

  // loss = -min(ρA, clip(ρ, 1 - clip_low, 1 + clip_high)·A) + β·k3, with ρ = exp(log_prob -
  // behaviour_log_prob) and k3 = exp(-d) + d - 1, d = log_prob - reference_log_prob.
  // reference_log_prob is read only if has_reference().
  GrpoTokenLoss Token(double log_prob, double behaviour_log_prob, double advantage,
                      double reference_log_prob) const;

 private:
  double lowest_ratio_;
  double highest_ratio_;
  double kl_coefficient_;
};

}  // namespace gyre::learner

#include "learner/learning_rate.h"

#include <algorithm>
#include <cmath>

#include "kernels/double_math.h"

namespace gyre::learner {

double LearningRate(const OptimizerSpec& spec, uint64_t update, uint64_t total_updates) {
  const double peak = static_cast<double>(spec.learning_rate());
  const uint64_t warmup = spec.warmup_updates();
  if (update < warmup) return peak * static_cast<double>(update + 1) / static_cast<double>(warmup);
  const double after_warmup =
      total_updates > warmup ? static_cast<double>(total_updates - warmup) : 1.0;
  const double progress = std::min(1.0, static_cast<double>(update - warmup) / after_warmup);
  const double floor = static_cast<double>(spec.final_fraction());
  switch (spec.schedule()) {
    case OptimizerSpec::CONSTANT:
      return peak;
    case OptimizerSpec::COSINE:
      return peak * (floor + (1 - floor) * 0.5 * (1 + kernels::CosSinOfAngle(M_PI * progress).cos));
    case OptimizerSpec::LINEAR:
      return peak * (1 - (1 - floor) * progress);
  }
  return peak;
}

}  // namespace gyre::learner

// Group-normalised advantages (DeepSeekMath, arXiv 2402.03300, section 4.1.2; without the division:
// Dr. GRPO, arXiv 2503.20783).
#pragma once

#include <vector>

#include "absl/types/span.h"
#include "proto/run_spec.pb.h"

namespace gyre::learner {

// (total - mean) / (std + epsilon) for each of a group's SCORED samples; the others take no part.
// All 0 if all totals are equal or there is only one.
std::vector<double> GroupAdvantages(absl::Span<const double> totals, GrpoSpec::Std std,
                                    double epsilon);

}  // namespace gyre::learner

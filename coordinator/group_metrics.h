#pragma once

#include <vector>

#include "proto/coordinator.pb.h"
#include "proto/ledger.pb.h"

namespace gyre::coordinator {

// Fills what a step's metrics say of its groups' samples (fields 10 to 27 but for lag and drops).
// Means over nothing are 0.
void AddGroupMetrics(const std::vector<const GroupNumbers*>& groups, StepMetrics& metrics);

// The numbers of an evaluation over its groups, one a problem. Accuracy is the mean over the
// samples that have one.
EvalResult EvaluateGroups(const std::vector<const GroupNumbers*>& groups);

}  // namespace gyre::coordinator

// This rank's groups of an RL step, read from the coordinator.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "learner/coordinator_session.h"
#include "proto/coordinator.pb.h"
#include "proto/group.pb.h"

namespace gyre::learner {

// For each mini-batch, the groups that AssignShares gives to the session's rank. Only those are
// sent. Blocks until read; the session's errors, or INTERNAL if other groups came than were asked
// for.
absl::StatusOr<std::vector<std::vector<TrainGroup>>> ReadShare(CoordinatorSession& session,
                                                               const NextStepReply::Rl& step,
                                                               uint32_t mini_batches);

}  // namespace gyre::learner

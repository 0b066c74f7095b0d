#pragma once

#include <cstdint>

#include "coordinator/group_key.h"
#include "coordinator/run_plan.h"

namespace gyre::coordinator {

// Which problem a group has: arguments of data::ProblemSource::Get.
struct ProblemDraw {
  uint64_t index = 0;
  uint64_t draw = 0;
};

// A pure function of (seed, group): slot k's first attempt follows a seeded order in passes over
// the source, and a later attempt is a random draw of its own, so that it does not shift the order.
// An EVAL slot has the same problem in every evaluation and attempt.
ProblemDraw DrawProblem(uint64_t run_seed, const StagePlan& stage, const GroupKey& group);

}  // namespace gyre::coordinator

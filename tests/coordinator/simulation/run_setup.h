#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/run_plan.h"
#include "proto/run_spec.pb.h"
#include "tests/coordinator/simulation/dice.h"

namespace gyre::coordinator::simulation {

// A small run, drawn at random: what is trained, by how many, and how the samples come out.
struct RunSetup {
  RunSpec spec;
  std::vector<StageSources> sources;
  RunPlan plan;  // of both
  uint32_t actors = 1;
  uint32_t rewarders = 1;
  uint32_t sequences_per_actor = 4;
  double score_error_rate = 0;  // of one component of one sample
  double solved_rate = 0.5;
  // A replayed step may come out with other weights, as on CUDA. What a run ends with then depends
  // on the faults.
  bool inexact_replay = false;

  // Whether what a group's samples are follows from the policy that they were sampled with. Under a
  // lag the policy depends on who was when, and then the samples must not, or runs with faults
  // would have nothing to be compared with.
  bool ContentFollowsPolicy(const StagePlan& stage, Purpose purpose) const {
    return purpose == EVAL || stage.max_policy_lag == 0;
  }
};

RunSetup DrawRunSetup(Dice& dice);

}  // namespace gyre::coordinator::simulation

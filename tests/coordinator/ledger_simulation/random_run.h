#pragma once

#include <cstdint>
#include <random>

#include "coordinator/run_plan.h"
#include "proto/run_spec.pb.h"

namespace gyre::coordinator::simulation {

// How badly the surroundings behave until `end`; afterwards everything works.
struct Faults {
  absl::Duration end = absl::ZeroDuration();
  double lose_message = 0;    // probability of each request or reply
  double repeat_message = 0;  // of each request
  absl::Duration max_delay = absl::Milliseconds(20);
  double kills_per_second = 0;  // of any process but the coordinator
  double hangs_per_second = 0;
  double crashes_per_second = 0;  // of the coordinator
  double lie = 0;                 // probability that a submitted group is not what it should be
  double return_lease = 0;
  double lose_policy = 0;  // probability that a policy cannot be fetched
};

// A run and its surroundings, drawn from a seed.
struct RandomRun {
  RunPlan plan;
  Faults faults;
  int actors = 1;
  uint64_t seed = 0;
  bool inexact_replay = false;  // the learner's device does not repeat its bits
  double unscored = 0;          // probability of each sample, a property of the group
  double zero_variance = 0;     // of each group
  // Whether the final weights are a function of the spec alone.
  bool deterministic = false;
};

RandomRun DrawRun(uint64_t seed);

}  // namespace gyre::coordinator::simulation

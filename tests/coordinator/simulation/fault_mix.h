#pragma once

#include "absl/time/time.h"
#include "tests/coordinator/simulation/dice.h"

namespace gyre::coordinator::simulation {

// Which faults a simulation has, and how often. Chances are of one message or group; `every_` is
// the mean time between two faults of a kind, over all who may have it: infinite for none.
struct FaultMix {
  // When faults stop: from then on messages arrive, killed processes are back, nobody lies.
  absl::Duration until = absl::ZeroDuration();

  double lost_request = 0;
  double lost_reply = 0;
  double repeated_request = 0;
  double slow_message = 0;
  absl::Duration slowest_message = absl::Seconds(1);

  absl::Duration every_rewarder_kill = absl::InfiniteDuration();
  absl::Duration every_actor_kill = absl::InfiniteDuration();
  absl::Duration every_actor_hang = absl::InfiniteDuration();
  absl::Duration every_actor_cut_off = absl::InfiniteDuration();
  absl::Duration every_actor_drain = absl::InfiniteDuration();
  absl::Duration every_rank_kill = absl::InfiniteDuration();
  absl::Duration every_rank_hang = absl::InfiniteDuration();
  absl::Duration every_rank_cut_off = absl::InfiniteDuration();
  absl::Duration every_learner_stop = absl::InfiniteDuration();
  absl::Duration every_coordinator_crash = absl::InfiniteDuration();
  absl::Duration every_disk_fault = absl::InfiniteDuration();

  double slow_disk = 0;       // a round of the disk takes up to seconds
  double slow_step = 0;       // a rank needs many times its usual time for a step
  double slow_reward = 0;     // a group waits for a rewarder, sometimes past the score limit
  double hung_engine = 0;     // an actor makes no tokens for a while, and beats on
  double deaf = 0;            // an actor goes on with a lease that it has lost
  double lie = 0;             // an actor hands in something wrong before its true group
  double learner_lie = 0;     // a rank says something wrong before a true call
  double returned_lease = 0;  // an actor gives a lease back though it could keep it
};

// None: for a run to compare with.
FaultMix NoFaults();
// Some kinds at some rates; seldom all of them, so that one kind does not hide another.
FaultMix DrawFaultMix(Dice& dice);

}  // namespace gyre::coordinator::simulation

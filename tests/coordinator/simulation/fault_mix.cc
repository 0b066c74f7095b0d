#include "tests/coordinator/simulation/fault_mix.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr double kKindIsPresent = 0.55;

double Rate(Dice& dice, double highest) {
  if (!dice.Chance(kKindIsPresent)) return 0;
  const double part = dice.Uniform();
  return highest * part * part;
}

absl::Duration Every(Dice& dice, absl::Duration most_often, absl::Duration least_often) {
  if (!dice.Chance(kKindIsPresent)) return absl::InfiniteDuration();
  return dice.Between(most_often, least_often);
}

}  // namespace

FaultMix NoFaults() { return {}; }

FaultMix DrawFaultMix(Dice& dice) {
  FaultMix mix;
  mix.until = dice.Between(absl::Seconds(10), absl::Seconds(60));
  mix.lost_request = Rate(dice, 0.2);
  mix.lost_reply = Rate(dice, 0.2);
  mix.repeated_request = Rate(dice, 0.3);
  mix.slow_message = Rate(dice, 0.3);
  mix.slowest_message = dice.Between(absl::Milliseconds(100), absl::Seconds(12));
  mix.every_rewarder_kill = Every(dice, absl::Seconds(3), absl::Seconds(30));
  mix.every_actor_kill = Every(dice, absl::Seconds(2), absl::Seconds(20));
  mix.every_actor_hang = Every(dice, absl::Seconds(4), absl::Seconds(30));
  mix.every_actor_cut_off = Every(dice, absl::Seconds(4), absl::Seconds(30));
  mix.every_actor_drain = Every(dice, absl::Seconds(5), absl::Seconds(40));
  mix.every_rank_kill = Every(dice, absl::Seconds(3), absl::Seconds(30));
  mix.every_rank_hang = Every(dice, absl::Seconds(5), absl::Seconds(40));
  mix.every_rank_cut_off = Every(dice, absl::Seconds(5), absl::Seconds(40));
  mix.every_learner_stop = Every(dice, absl::Seconds(5), absl::Seconds(40));
  mix.every_coordinator_crash = Every(dice, absl::Seconds(2), absl::Seconds(30));
  mix.every_disk_fault = Every(dice, absl::Seconds(5), absl::Seconds(60));
  mix.slow_disk = Rate(dice, 0.2);
  mix.slow_step = Rate(dice, 0.3);
  mix.slow_reward = Rate(dice, 0.3);
  mix.hung_engine = Rate(dice, 0.15);
  mix.deaf = Rate(dice, 1);
  mix.lie = Rate(dice, 0.8);
  mix.learner_lie = Rate(dice, 0.4);
  mix.returned_lease = Rate(dice, 0.4);
  return mix;
}

}  // namespace gyre::coordinator::simulation

#include "tests/coordinator/simulation/fault_injector.h"

#include <cmath>
#include <utility>

namespace gyre::coordinator::simulation {

void FaultInjector::Repeat(absl::Duration every, std::function<void()> fault) {
  if (every == absl::InfiniteDuration()) return;
  const absl::Duration next = every * -std::log1p(-world_.dice.Uniform());
  if (world_.schedule.elapsed() + next >= world_.faults.until) return;
  world_.schedule.After(next, [this, every, fault = std::move(fault)] {
    fault();
    Repeat(every, fault);
  });
}

template <typename Member>
void FaultInjector::Hit(const std::vector<std::unique_ptr<Member>>& members, const char* kind,
                        const std::function<void(Member&)>& fault) {
  if (members.empty()) return;
  Member& member = *members[world_.dice.Below(members.size())];
  if (!member.alive()) return;
  world_.counts.Add(kind);
  fault(member);
}

absl::Duration FaultInjector::Away() {
  return world_.WhileFaulty(world_.dice.Chance(0.7)
                                ? world_.dice.Between(absl::Milliseconds(100), absl::Seconds(4))
                                : world_.dice.Between(absl::Seconds(4), absl::Seconds(20)));
}

void FaultInjector::Start() {
  const FaultMix& mix = world_.faults;
  Repeat(mix.every_rewarder_kill, [this] {
    Hit<FakeRewarder>(rewarders_, "rewarder killed",
                      [this](FakeRewarder& rewarder) { rewarder.Kill(Away()); });
  });
  Repeat(mix.every_actor_kill, [this] {
    Hit<FakeActor>(actors_, "actor killed", [this](FakeActor& actor) { actor.Kill(Away()); });
  });
  Repeat(mix.every_actor_hang, [this] {
    Hit<FakeActor>(actors_, "actor hung", [this](FakeActor& actor) { actor.Hang(Away()); });
  });
  Repeat(mix.every_actor_cut_off, [this] {
    Hit<FakeActor>(actors_, "actor cut off", [this](FakeActor& actor) { actor.CutOff(Away()); });
  });
  Repeat(mix.every_actor_drain, [this] {
    Hit<FakeActor>(actors_, "actor drained", [this](FakeActor& actor) { actor.Drain(Away()); });
  });
  Repeat(mix.every_rank_kill, [this] {
    Hit<FakeRank>(ranks_, "rank killed", [this](FakeRank& rank) { rank.Kill(Away()); });
  });
  Repeat(mix.every_rank_hang, [this] {
    Hit<FakeRank>(ranks_, "rank hung", [this](FakeRank& rank) { rank.Hang(Away()); });
  });
  Repeat(mix.every_rank_cut_off, [this] {
    Hit<FakeRank>(ranks_, "rank cut off", [this](FakeRank& rank) { rank.CutOff(Away()); });
  });
  Repeat(mix.every_learner_stop, [this] {
    for (const auto& rank : ranks_) {
      if (rank->alive()) rank->Stop(Away());
    }
  });
  Repeat(mix.every_coordinator_crash, [this] {
    if (host_.up()) host_.Crash(Away() / 2);
  });
  Repeat(mix.every_disk_fault, [this] { host_.BreakDisk(); });
}

}  // namespace gyre::coordinator::simulation

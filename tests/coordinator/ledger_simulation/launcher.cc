#include "tests/coordinator/ledger_simulation/launcher.h"

#include "absl/strings/str_cat.h"
#include "tests/coordinator/ledger_simulation/simulated_actor.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr double kPeriodSeconds = 0.25;

}  // namespace

Launcher::Launcher(World& world) : world_(world) {
  for (int i = 0; i < world.run().actors; ++i) {
    places_.push_back({.make =
                           [this, i] {
                             return std::make_shared<SimulatedActor>(world_,
                                                                     absl::StrCat("actor-", i));
                           },
                       .process = nullptr});
  }
  for (uint32_t i = 0; i < world.plan().learner_ranks; ++i) {
    places_.push_back({.make =
                           [this, i] {
                             return std::make_shared<SimulatedRank>(world_,
                                                                    absl::StrCat("learner-", i));
                           },
                       .process = nullptr});
  }
  for (Place& place : places_) Launch(place);
  Watch();
}

void Launcher::Launch(Place& place) {
  world_.At(world_.now() + absl::Seconds(world_.Uniform(0.1, 2)), [this, &place] {
    place.process = place.make();
    world_.Log(absl::StrCat(place.process->name(), " is started"));
    place.process->Start();
  });
}

void Launcher::Watch() {
  world_.At(world_.now() + absl::Seconds(kPeriodSeconds), [this] {
    Watch();
    for (Place& place : places_) {
      if (place.process == nullptr || !place.process->exited) continue;
      place.process = nullptr;
      Launch(place);
    }
    if (world_.faulty()) Harm();
  });
}

void Launcher::Harm() {
  const Faults& faults = world_.run().faults;
  Place& place = places_[world_.Draw() % places_.size()];
  if (place.process != nullptr && world_.Chance(faults.kills_per_second * kPeriodSeconds)) {
    world_.Log(absl::StrCat(place.process->name(), " is killed"));
    place.process = nullptr;
    Launch(place);
  }
  if (place.process != nullptr && world_.Chance(faults.hangs_per_second * kPeriodSeconds)) {
    world_.Log(absl::StrCat(place.process->name(), " hangs"));
    place.process->hangs_until = world_.now() + absl::Seconds(world_.Uniform(1, 15));
  }
  if (world_.Chance(faults.crashes_per_second * kPeriodSeconds)) world_.CrashCoordinator();
}

}  // namespace gyre::coordinator::simulation

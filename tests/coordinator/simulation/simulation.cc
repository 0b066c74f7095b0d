#include "tests/coordinator/simulation/simulation.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "tests/coordinator/simulation/collectives.h"
#include "tests/coordinator/simulation/coordinator_host.h"
#include "tests/coordinator/simulation/expected_run.h"
#include "tests/coordinator/simulation/fake_actor.h"
#include "tests/coordinator/simulation/fake_rank.h"
#include "tests/coordinator/simulation/fake_rewarder.h"
#include "tests/coordinator/simulation/fault_injector.h"
#include "tests/coordinator/simulation/network.h"
#include "tests/coordinator/simulation/run_folder.h"
#include "tests/coordinator/simulation/witness.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {
namespace {

// A poll that nobody answers.
constexpr absl::Duration kLongestCall = absl::Seconds(16);
// No run without faults takes so long.
constexpr absl::Duration kUndisturbedLimit = absl::Minutes(20);

// What a run may take once faults have stopped: what it takes without any, since everything may
// have to be done again from the beginning, and what runs out meanwhile: calls that are not
// answered, leases and members and collectives that are lost.
absl::Duration ToFinish(const RunSetup& setup, absl::Duration undisturbed) {
  const RunLimits& limits = setup.plan.limits;
  const absl::Duration recover = limits.lease + limits.member +
                                 absl::Seconds(setup.spec.limits().collective_seconds()) +
                                 kLongestCall;
  return undisturbed + recover;
}

class Simulation {
 public:
  Simulation(World& world)
      : world_(world),
        expected_(ExpectRun(world.setup)),
        witness_(world, expected_),
        host_(world, folder_, witness_),
        network_(world, host_),
        collectives_(world),
        faults_(world, host_, actors_, ranks_, rewarders_) {
    for (uint32_t i = 0; i < world.setup.actors; ++i) {
      actors_.push_back(std::make_unique<FakeActor>(world, network_, folder_, static_cast<int>(i)));
    }
    for (uint32_t i = 0; i < world.setup.plan.learner_ranks; ++i) {
      ranks_.push_back(
          std::make_unique<FakeRank>(world, network_, folder_, collectives_, static_cast<int>(i)));
    }
    for (uint32_t i = 0; i < world.setup.rewarders; ++i) {
      rewarders_.push_back(std::make_unique<FakeRewarder>(world, network_, static_cast<int>(i)));
    }
  }

  // Until the end, a violation, or `deadline` of virtual time.
  void Run(absl::Duration deadline) {
    host_.Start();
    for (const auto& actor : actors_) actor->Start();
    for (const auto& rank : ranks_) rank->Start();
    for (const auto& rewarder : rewarders_) rewarder->Start();
    faults_.Start();
    while (world_.violation.empty() && !Ended()) {
      if (world_.schedule.elapsed() > deadline || !world_.schedule.RunNext()) {
        world_.Violate("the run is not finished ",
                       absl::FormatDuration(deadline - world_.faults.until),
                       " after the last fault: ",
                       host_.up() ? host_.ledger().WaitingFor() : "the coordinator is down");
      }
    }
    if (world_.violation.empty()) witness_.CheckEnd(host_.ledger(), host_.Stored());
  }

 private:
  bool Ended() const {
    return host_.done() &&
           std::all_of(actors_.begin(), actors_.end(),
                       [](const auto& actor) { return actor->ended(); }) &&
           std::all_of(ranks_.begin(), ranks_.end(),
                       [](const auto& rank) { return rank->ended(); }) &&
           std::all_of(rewarders_.begin(), rewarders_.end(),
                       [](const auto& rewarder) { return rewarder->ended(); });
  }

  World& world_;
  RunFolder folder_;
  const ExpectedRun expected_;
  Witness witness_;
  CoordinatorHost host_;
  Network network_;
  Collectives collectives_;
  std::vector<std::unique_ptr<FakeActor>> actors_;
  std::vector<std::unique_ptr<FakeRank>> ranks_;
  std::vector<std::unique_ptr<FakeRewarder>> rewarders_;
  FaultInjector faults_;
};

SimulationResult ResultOf(const World& world) {
  return {.violation = world.violation,
          .counts = world.counts,
          .virtual_time = world.schedule.elapsed(),
          .events = world.schedule.events_run(),
          .log_tail = world.log.tail()};
}

}  // namespace

SimulationResult Simulate(const SimulationOptions& options) {
  Dice dice(options.seed);
  const RunSetup setup = DrawRunSetup(dice);
  const FaultMix mix = DrawFaultMix(dice);
  World undisturbed(setup, NoFaults(), options.seed,
                    options.with_faults ? EventLog::Keep::kNothing : options.keep);
  if (!options.with_faults) undisturbed.defect = options.defect;
  Simulation(undisturbed).Run(kUndisturbedLimit);
  const absl::Duration time = undisturbed.schedule.elapsed();
  if (!options.with_faults || !undisturbed.violation.empty()) return ResultOf(undisturbed);
  World world(setup, mix, options.seed, options.keep);
  world.defect = options.defect;
  Simulation(world).Run(mix.until + ToFinish(setup, time));
  SimulationResult result = ResultOf(world);
  result.time_beyond = result.virtual_time - mix.until - time;
  return result;
}

}  // namespace gyre::coordinator::simulation

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
#include "tests/coordinator/simulation/fault_injector.h"
#include "tests/coordinator/simulation/network.h"
#include "tests/coordinator/simulation/run_folder.h"
#include "tests/coordinator/simulation/witness.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {
namespace {

// Once faults have stopped: for what hangs or waits to be found out, and then for each step of work
// with its groups and evaluation.
constexpr absl::Duration kToRecover = absl::Seconds(120);
constexpr absl::Duration kPerStep = absl::Seconds(30);

class Simulation {
 public:
  Simulation(World& world)
      : world_(world),
        expected_(ExpectRun(world.setup)),
        witness_(world, expected_),
        host_(world, folder_, witness_),
        network_(world, host_),
        collectives_(world),
        faults_(world, host_, actors_, ranks_) {
    for (uint32_t i = 0; i < world.setup.actors; ++i) {
      actors_.push_back(std::make_unique<FakeActor>(world, network_, folder_, static_cast<int>(i)));
    }
    for (uint32_t i = 0; i < world.setup.plan.learner_ranks; ++i) {
      ranks_.push_back(
          std::make_unique<FakeRank>(world, network_, folder_, collectives_, static_cast<int>(i)));
    }
  }

  void Run() {
    host_.Start();
    for (const auto& actor : actors_) actor->Start();
    for (const auto& rank : ranks_) rank->Start();
    faults_.Start();
    const absl::Duration deadline = world_.faults.until + kToRecover + kPerStep * Steps();
    while (world_.violation.empty() && !Ended()) {
      if (world_.schedule.elapsed() > deadline || !world_.schedule.RunNext()) {
        world_.Violate("the run is not finished ", absl::FormatDuration(kToRecover),
                       " and more after the last fault: ",
                       host_.up() ? host_.ledger().WaitingFor() : "the coordinator is down");
      }
    }
    if (world_.violation.empty()) witness_.CheckEnd(host_.ledger());
  }

 private:
  int64_t Steps() const {
    int64_t steps = world_.setup.plan.end_version();
    for (const StagePlan& stage : world_.setup.plan.stages) {
      steps += static_cast<int64_t>(stage.evaluations.size());
    }
    return steps;
  }

  bool Ended() const {
    return host_.done() &&
           std::all_of(actors_.begin(), actors_.end(),
                       [](const auto& actor) { return actor->ended(); }) &&
           std::all_of(ranks_.begin(), ranks_.end(),
                       [](const auto& rank) { return rank->ended(); });
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
  FaultInjector faults_;
};

}  // namespace

SimulationResult Simulate(const SimulationOptions& options) {
  Dice dice(options.seed);
  const RunSetup setup = DrawRunSetup(dice);
  const FaultMix mix = DrawFaultMix(dice);
  World world(setup, options.with_faults ? mix : NoFaults(), options.seed, options.keep);
  Simulation(world).Run();
  return {.violation = world.violation,
          .counts = world.counts,
          .virtual_time = world.schedule.elapsed(),
          .events = world.schedule.events_run(),
          .log_tail = world.log.tail()};
}

}  // namespace gyre::coordinator::simulation

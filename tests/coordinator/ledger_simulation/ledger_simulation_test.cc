// The ledger under seeded schedules of members, messages and faults. A failing seed is printed with
// the end of its log; put it into failed_seeds.txt beside this file once it is understood.
//
//   GYRE_SIMULATION_SEED=17 ledger_simulation_test    runs that seed alone and prints its whole
//   tail
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/coordinator/ledger_simulation/launcher.h"
#include "tests/coordinator/ledger_simulation/random_run.h"
#include "tests/coordinator/ledger_simulation/world.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr uint64_t kSeeds = 2500;
// Virtual time that a run may take beyond the end of the faults.
constexpr absl::Duration kPatience = absl::Minutes(30);

struct Outcome {
  std::string fault;  // empty: all held, and the run came to its end
  std::string policy;
  uint64_t consumed = 0;
  std::string log;
  std::map<std::string, uint64_t> seen;
};

Outcome Simulate(const RandomRun& run, bool with_faults) {
  World world(run, with_faults);
  Launcher launcher(world);
  world.Run(run.faults.end + kPatience);
  Outcome outcome;
  for (const std::string& fault : world.history().faults())
    absl::StrAppend(&outcome.fault, fault, "\n");
  for (const std::string& line : world.log()) absl::StrAppend(&outcome.log, "  ", line, "\n");
  outcome.seen = world.history().seen();
  if (!outcome.fault.empty()) return outcome;
  if (!world.finished) {
    outcome.fault = absl::StrCat("the run did not end; ", world.ledger() == nullptr
                                                              ? "the coordinator is down"
                                                              : world.ledger()->WaitingFor());
    return outcome;
  }
  const GroupCounts counts = world.ledger()->tally().ToProto();
  if (counts.issued() != counts.consumed() + counts.evaluated() + counts.dropped()) {
    outcome.fault = absl::StrCat("groups are left over: ", counts.ShortDebugString());
  }
  if (counts.consumed() != world.history().consumed()) {
    outcome.fault = "the ledger counts other groups as consumed than its history";
  }
  outcome.policy = absl::BytesToHexString(world.ledger()->NewestPolicy().root_digest);
  outcome.consumed = counts.consumed();
  return outcome;
}

// Empty if the seed holds. Adds what it has seen.
std::string Try(uint64_t seed, std::map<std::string, uint64_t>& seen) {
  const RandomRun run = DrawRun(seed);
  const Outcome outcome = Simulate(run, /*with_faults=*/true);
  for (const auto& [what, times] : outcome.seen) seen[what] += times;
  if (!outcome.fault.empty()) {
    return absl::StrCat("seed ", seed, ": ", outcome.fault, "\nthe end of its log:\n", outcome.log);
  }
  if (!run.deterministic) return "";
  const Outcome undisturbed = Simulate(run, /*with_faults=*/false);
  if (!undisturbed.fault.empty()) {
    return absl::StrCat("seed ", seed, " without faults: ", undisturbed.fault,
                        "\nthe end of its log:\n", undisturbed.log);
  }
  if (undisturbed.policy != outcome.policy || undisturbed.consumed != outcome.consumed) {
    return absl::StrCat("seed ", seed, ": faults changed the final policy from ",
                        undisturbed.policy, " to ", outcome.policy, "\nthe end of its log:\n",
                        outcome.log);
  }
  return "";
}

TEST(LedgerSimulation, EverySeedHoldsItsInvariantsAndEndsAndAllCasesCome) {
  std::map<std::string, uint64_t> seen;
  if (const char* chosen = std::getenv("GYRE_SIMULATION_SEED"); chosen != nullptr) {
    const std::string fault = Try(std::stoull(chosen), seen);
    EXPECT_TRUE(fault.empty()) << fault;
    return;
  }
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::string fault = Try(seed, seen);
    ASSERT_TRUE(fault.empty()) << fault;
  }
  for (const char* what :
       {"attempt ", "coordinator killed", "dropped: stale", "dropped: unscored",
        "dropped: zero_variance", "duplicate", "group of a former epoch", "join again",
        "kept lease", "kept rank", "lease lost", "lost lease", "policy never published",
        "policy too old", "publication outside of a commit", "replayed step", "start from a stage",
        "void slot"}) {
    EXPECT_GT(seen[what], 20u) << "the seeds hardly ever lead to: " << what;
  }
}

TEST(LedgerSimulation, SeedsThatOnceFailedHold) {
  std::ifstream file(GYRE_SOURCE_DIR "/tests/coordinator/ledger_simulation/failed_seeds.txt");
  ASSERT_TRUE(file.is_open());
  uint64_t seed = 0;
  std::string line;
  std::map<std::string, uint64_t> seen;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    seed = std::stoull(line);
    const std::string fault = Try(seed, seen);
    EXPECT_TRUE(fault.empty()) << line << "\n" << fault;
  }
  EXPECT_NE(seed, 0u) << "the list is empty";
}

// The simulator must be able to see what it looks for.
TEST(LedgerSimulation, SeesAGroupThatIsConsumedTwice) {
  const RandomRun run = DrawRun(1);
  History history(run.plan);
  const GroupKey group{.stage = 0, .purpose = TRAIN, .slot = 0, .attempt = 0};
  history.Written({GroupRow{.key = group},
                   GroupStateRow{.key = group, .state = GroupState::kAssigned, .step_version = 1},
                   GroupStateRow{.key = group, .state = GroupState::kConsumed, .step_version = 1}});
  EXPECT_THAT(history.faults(), testing::IsEmpty());
  history.Written({GroupStateRow{.key = group, .state = GroupState::kConsumed, .step_version = 1}});
  EXPECT_THAT(history.faults(), testing::ElementsAre(testing::HasSubstr("consumed twice")));
}

}  // namespace
}  // namespace gyre::coordinator::simulation

// The ledger under many seeds, each without faults and with them. `simulation_test --seed N
// [--verbose]` runs one again and prints its events; `--seeds N` and `--first N` choose how many
// are run, and from which.
#include "tests/coordinator/simulation/simulation.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace gyre::coordinator::simulation {
namespace {

// The sanitizers take ten times as long.
#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kSeeds = 200;
#else
constexpr uint64_t kSeeds = 2000;
#endif

// What so many seeds must reach, again and again: a case that hardly ever comes is not tested.
constexpr uint64_t kSeedsForEveryCase = 2000;
constexpr const char* kCases[] = {
    "actor cut off",
    "actor drained",
    "actor hung",
    "actor killed",
    "checkpoint recorded before a stop",
    "checkpoint removed",
    "collective timed out",
    "coordinator crash between write and answer",
    "coordinator crash with rows not answered for",
    "disk failed",
    "disk slow for more than a second",
    "engine hung",
    "engine hung, tokens reported",
    "false claim of a lease",
    "group dropped: stale",
    "group dropped: unscored",
    "group dropped: zero_variance",
    "group handed in again",
    "group made in vain: lease lost",
    "group of a former epoch accepted",
    "learner stopped",
    "lease claimed again",
    "lease given back",
    "lease over at its absolute end",
    "lease over at its score deadline",
    "lease over without progress",
    "lease renewed by policy bytes",
    "lie of others' leases",
    "lost lease worked on",
    "message delayed",
    "policy changed within a group",
    "policy not to be had",
    "policy published outside of a commit",
    "policy withdrawn",
    "rank aborted",
    "rank began from a checkpoint",
    "rank goes on as it is",
    "rank may not go on",
    "rank slow",
    "request repeated",
    "rewarder killed",
    "rewarder slow",
    "stage begun with a folder from outside",
    "stage begun with another stage's end",
    "stage begun with the model",
    "step committed again",
    "step handed out for replay",
    "step with a void slot",
    "transcript exported",
};
constexpr size_t kLiesOfActors = 21;
constexpr size_t kLiesOfRanks = 14;

// What main was told; the tests' only way to know it.
struct Choice {
  uint64_t first = 0;
  uint64_t seeds = kSeeds;
};
Choice& Chosen() {
  static Choice choice;
  return choice;
}

// A broken CHECK ends the process, so what runs is noted for the signal's handler.
volatile uint64_t running_seed = 0;

extern "C" void NameSeed(int) {
  std::fprintf(stderr, "in seed %llu; run it again with simulation_test --seed %llu --verbose\n",
               static_cast<unsigned long long>(running_seed),
               static_cast<unsigned long long>(running_seed));
  std::_Exit(3);
}

SimulationResult Play(const SimulationOptions& options) {
  running_seed = options.seed;
  return Simulate(options);
}

std::string Describe(const SimulationOptions& options, const SimulationResult& result) {
  SimulationOptions again = options;
  again.keep = EventLog::Keep::kTail;
  std::string text =
      absl::StrCat("seed ", options.seed, options.with_faults ? "" : " without faults", ": ",
                   result.violation, "\nThe end of its log:\n");
  for (const std::string& line : Play(again).log_tail) absl::StrAppend(&text, line, "\n");
  absl::StrAppend(&text,
                  "Add the seed to failed_seeds.txt, and run it again with simulation_test --seed ",
                  options.seed, " --verbose");
  return text;
}

// Of tests/coordinator/simulation/failed_seeds.txt: a seed a line, then what it showed.
std::vector<uint64_t> FailedSeeds() {
  std::ifstream file(GYRE_SOURCE_DIR "/tests/coordinator/simulation/failed_seeds.txt");
  std::vector<uint64_t> seeds;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    uint64_t seed = 0;
    EXPECT_TRUE(absl::SimpleAtoi(line.substr(0, line.find(' ')), &seed)) << line;
    seeds.push_back(seed);
  }
  EXPECT_TRUE(file.eof()) << "failed_seeds.txt cannot be read";
  return seeds;
}

size_t KindsWith(const std::string& prefix, const EventCounts& counts) {
  return static_cast<size_t>(
      std::count_if(counts.all().begin(), counts.all().end(),
                    [&](const auto& entry) { return absl::StartsWith(entry.first, prefix); }));
}

TEST(Simulation, SeedsThatOnceFailedHold) {
  for (const uint64_t seed : FailedSeeds()) {
    const SimulationOptions options{.seed = seed};
    const SimulationResult result = Play(options);
    EXPECT_EQ(result.violation, "") << Describe(options, result);
  }
}

TEST(Simulation, TheSameSeedGivesTheSameEvents) {
  for (uint64_t seed = Chosen().first; seed < Chosen().first + 20; ++seed) {
    const SimulationOptions options{.seed = seed, .keep = EventLog::Keep::kTail};
    const SimulationResult first = Play(options);
    const SimulationResult second = Play(options);
    EXPECT_EQ(first.events, second.events);
    EXPECT_EQ(first.virtual_time, second.virtual_time);
    EXPECT_EQ(first.counts.all(), second.counts.all());
    EXPECT_EQ(first.log_tail, second.log_tail);
  }
}

TEST(Simulation, EveryPromiseHoldsUnderEverySchedule) {
  EventCounts counts;
  absl::Duration virtual_time;
  absl::Duration longest_beyond;
  uint64_t events = 0;
  const absl::Time begin = absl::Now();
  for (uint64_t seed = Chosen().first; seed < Chosen().first + Chosen().seeds; ++seed) {
    const SimulationOptions options{.seed = seed};
    const SimulationResult result = Play(options);
    ASSERT_EQ(result.violation, "") << Describe(options, result);
    counts.Add(result.counts);
    virtual_time += result.virtual_time;
    longest_beyond = std::max(longest_beyond, result.time_beyond);
    events += result.events;
  }
  std::printf(
      "%llu seeds in %.1f s: %llu events in %.1f hours of virtual time; no run took more than %.1f "
      "s "
      "longer than without faults, once they had stopped. Among the events were\n",
      static_cast<unsigned long long>(Chosen().seeds), absl::ToDoubleSeconds(absl::Now() - begin),
      static_cast<unsigned long long>(events), absl::ToDoubleHours(virtual_time),
      absl::ToDoubleSeconds(longest_beyond));
  for (const auto& [kind, times] : counts.all()) {
    std::printf("%9llu  %s\n", static_cast<unsigned long long>(times), kind.c_str());
  }
  if (Chosen().seeds < kSeedsForEveryCase) return;
  for (const char* kind : kCases) {
    EXPECT_GE(counts.Of(kind), kSeedsForEveryCase / 200) << "hardly ever happens: " << kind;
  }
  EXPECT_EQ(KindsWith("lie: ", counts), kLiesOfActors);
  EXPECT_EQ(KindsWith("lie of a rank: ", counts), kLiesOfRanks);
}

}  // namespace

int Main(int argc, char** argv) {
  std::signal(SIGABRT, NameSeed);
  bool one = false;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--verbose") {
      verbose = true;
      continue;
    }
    uint64_t value = 0;
    if (i + 1 == argc || !absl::SimpleAtoi(argv[++i], &value)) {
      std::fprintf(stderr,
                   "usage: simulation_test [--seed N [--verbose]] [--first N] [--seeds N]\n");
      return 2;
    }
    if (flag == "--seeds") {
      Chosen().seeds = value;
    } else {
      Chosen().first = value;
      one = flag == "--seed";
    }
  }
  if (!one) return RUN_ALL_TESTS();
  const SimulationResult result =
      Play({.seed = Chosen().first,
            .keep = verbose ? EventLog::Keep::kPrint : EventLog::Keep::kNothing});
  for (const auto& [kind, times] : result.counts.all()) {
    std::printf("%9llu  %s\n", static_cast<unsigned long long>(times), kind.c_str());
  }
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(Chosen().first),
              result.violation.empty() ? "everything held" : result.violation.c_str());
  return result.violation.empty() ? 0 : 1;
}

}  // namespace gyre::coordinator::simulation

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return gyre::coordinator::simulation::Main(argc, argv);
}

#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/coordinator/simulation/defect.h"
#include "tests/coordinator/simulation/dice.h"
#include "tests/coordinator/simulation/event_counts.h"
#include "tests/coordinator/simulation/event_log.h"
#include "tests/coordinator/simulation/fault_mix.h"
#include "tests/coordinator/simulation/lease_register.h"
#include "tests/coordinator/simulation/run_setup.h"
#include "tests/coordinator/simulation/schedule.h"

namespace gyre::coordinator::simulation {

// What everything in one simulation shares.
class World {
 public:
  World(RunSetup run_setup, FaultMix fault_mix, uint64_t seed, EventLog::Keep keep)
      : setup(std::move(run_setup)), faults(fault_mix), dice(seed), log(schedule, keep) {}

  absl::Time now() const { return schedule.now(); }
  // Faults still happen.
  bool faulty() const { return schedule.elapsed() < faults.until; }
  // Throws for a fault; false once they have stopped.
  bool Fault(double probability) { return faulty() && dice.Chance(probability); }

  // The same for a fault that a group has once at most: one that outlasts its lease again and again
  // ends the run, as it should.
  bool FaultOnce(double probability, const GroupKey& group) {
    return Fault(probability) && slowed_.insert(group).second;
  }
  // As much of `time` as passes before faults stop: by then all is well again.
  absl::Duration WhileFaulty(absl::Duration time) const {
    return std::clamp(faults.until - schedule.elapsed(), absl::ZeroDuration(), time);
  }

  // Something happened that must not. The first one counts; the simulation ends.
  template <typename... Parts>
  void Violate(const Parts&... parts) {
    log.Add("VIOLATION: ", parts...);
    if (violation.empty()) violation = absl::StrCat(parts...);
  }

  const RunSetup setup;
  const FaultMix faults;
  Schedule schedule;
  Dice dice;
  EventLog log;
  EventCounts counts;
  Defect defect = Defect::kNone;
  LeaseRegister told_leases;
  std::string violation;

 private:
  std::set<GroupKey> slowed_;
};

}  // namespace gyre::coordinator::simulation

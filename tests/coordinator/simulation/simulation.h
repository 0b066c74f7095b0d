#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/coordinator/simulation/defect.h"
#include "tests/coordinator/simulation/event_counts.h"
#include "tests/coordinator/simulation/event_log.h"
#include "tests/coordinator/simulation/run_setup.h"

namespace gyre::coordinator::simulation {

struct SimulationResult {
  std::string violation;  // empty: everything held
  EventCounts counts;
  absl::Duration virtual_time;
  // What the run took, after faults had stopped, beyond the time of the same run without faults.
  absl::Duration time_beyond = absl::ZeroDuration();
  uint64_t events = 0;
  std::deque<std::string> log_tail;
};

struct SimulationOptions {
  uint64_t seed = 0;
  bool with_faults = true;
  EventLog::Keep keep = EventLog::Keep::kNothing;
  // One that the coordinator is given, to see that it is found.
  Defect defect = Defect::kNone;
};

// A whole run, drawn from the seed: the real ledger and store, fake actors and ranks, a network and
// a disk that fail, all in virtual time and on the caller's thread; first without faults, then with
// them. The same options give the same result. It ends when the run is finished and every member
// has left, at the first violation, or when the run has not come to its end in the time that it
// takes without faults and a few limits after the last fault.
SimulationResult Simulate(const SimulationOptions& options);

}  // namespace gyre::coordinator::simulation

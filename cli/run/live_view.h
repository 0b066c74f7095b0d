#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/run/run_progress.h"
#include "cli/run/styled_line.h"

namespace gyre::cli {

// The picture of a running run, as lines for a terminal of so many columns: stage and step, the
// numbers of the newest steps with their course, evaluations, time by phase, and who waits for
// what. A pure function. `silence`: how long the coordinator has not answered.
std::vector<StyledLine> DrawRun(const RunProgress& progress, absl::Duration silence, int columns);

// What a member does, for the live view and `gyre status`: name, work and its longest wait.
StyledLine DrawMember(const MemberStatus& member);

// The course of numbers as a line of block characters, the newest right; a gap where one is not
// finite.
std::string Sparkline(const std::vector<double>& values, int columns);

}  // namespace gyre::cli

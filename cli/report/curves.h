#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace gyre::cli {

// HTML of a run's curves, a section a stage, in the order of the run.
std::string RenderCurves(const RunRecord& record);

}  // namespace gyre::cli

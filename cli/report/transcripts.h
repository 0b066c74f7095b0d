#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace gyre::cli {

// HTML of the same held-out problems before and after, side by side: the first and
// the last evaluation of the last stage that has two. Empty when there is no such pair.
std::string RenderTranscripts(const RunRecord& record);

}  // namespace gyre::cli

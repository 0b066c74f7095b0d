#pragma once

#include <string>

namespace gyre::cli {

// `gyre status D`: what runs in a run directory, and what waits for what; for a run that does not
// run now, how it ended. Returns the exit code.
int StatusCommand(const std::string& run_dir);

}  // namespace gyre::cli

#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace gyre::cli {

// What summary.json says of the run as a whole: "running", "finished", "stopped" or "failed"; empty
// if there is none yet.
std::string RunStatus(const std::string& run_dir);

// The numbers of a run for people: accuracy and length before and after, time, exactness, accounts.
// NOT_FOUND or INVALID_ARGUMENT: summary.json is missing or damaged.
absl::StatusOr<std::string> ResultTable(const std::string& run_dir);

}  // namespace gyre::cli

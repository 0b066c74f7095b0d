#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace gyre::cli {

// How the run stands as a whole: "running", "finished", "stopped" or "failed"; empty if it has no
// summary.json yet.
std::string RunStatus(const std::string& run_dir);

// The numbers of a run for people: why it failed, if it did; accuracy and length before and after,
// time, exactness, accounts.
// NOT_FOUND or INVALID_ARGUMENT: summary.json is missing or damaged.
absl::StatusOr<std::string> ResultTable(const std::string& run_dir);

}  // namespace gyre::cli

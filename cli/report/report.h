#pragma once

#include <string>

#include "absl/status/status.h"

namespace gyre::cli {

// Writes RUN_DIR/report.html from summary.json, metrics.jsonl, samples.jsonl and spec.textproto of
// the run directory: one file that needs nothing else, with curves, accounts and transcripts. Works
// on a run that is still going, too. Replaces an older report atomically.
//   NOT_FOUND          run_dir has no summary.json (nothing has been run there)
//   INVALID_ARGUMENT   one of the files is damaged; the message names file and line
absl::Status WriteReport(const std::string& run_dir);

}  // namespace gyre::cli

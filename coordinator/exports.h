#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/append_file.h"
#include "coordinator/ledger_rows.h"
#include "coordinator/ledger_store.h"
#include "coordinator/run_plan.h"

namespace gyre::coordinator {

// metrics.jsonl and samples.jsonl in the run directory: copies of what the ledger has committed,
// line for line, for people and for the report. This is their only writer, and it is given rows
// that are durable already. For one thread at a time. Errors name the file.
class Exports {
 public:
  // Brings both files to what the ledger holds, whatever a killed process left.
  static absl::StatusOr<std::unique_ptr<Exports>> Open(const std::string& run_dir,
                                                       const RunPlan& plan,
                                                       const LedgerContents& contents,
                                                       LedgerStore& store);

  // Appends the lines of the steps and transcripts among the rows.
  absl::Status Append(const std::vector<LedgerRow>& rows);
  // Replaces summary.json.
  absl::Status WriteSummary(const std::string& json);

 private:
  Exports(std::string run_dir, std::vector<bool> stage_is_rl, int64_t steps,
          base::AppendFile metrics, base::AppendFile samples);

  const std::string run_dir_;
  const std::vector<bool> stage_is_rl_;
  int64_t steps_;  // lines of metrics.jsonl
  base::AppendFile metrics_;
  base::AppendFile samples_;
};

}  // namespace gyre::coordinator

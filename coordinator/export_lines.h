#pragma once

#include <string>

#include "absl/time/time.h"
#include "coordinator/ledger.h"
#include "proto/coordinator.pb.h"
#include "proto/group.pb.h"

namespace gyre::coordinator {

// The JSON of metrics.jsonl, samples.jsonl and summary.json (docs/ledger.md lists their fields).
// Pure functions; lines have no line end.

// StepMetrics with its original field names, numbers as numbers. `is_rl` false leaves out what only
// groups have.
std::string MetricsLine(const StepMetrics& metrics, bool is_rl);

// One sample of a group. `version`: that the group's step makes, or that is evaluated.
struct TranscriptContext {
  std::string stage_name;
  uint32_t step = 0;
  int64_t version = 0;
};
std::string TranscriptLine(const Group& group, const GroupTotals& totals, int sample,
                           const TranscriptContext& context);

// `status`: "running", "finished", "stopped" or "failed".
std::string Summary(const Ledger& ledger, const std::string& status, absl::Time now);

}  // namespace gyre::coordinator

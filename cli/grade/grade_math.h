#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace gyre::cli {

// What `gyre grade math` is asked for.
struct GradeMathOptions {
  std::string in;   // JSON Lines with "gold" and "answer", or "gold" and "completion"
  std::string out;  // the same lines with "equal": true | false | null, "rule", "microseconds"
  std::string preset = "default";  // how graders differ (docs/rewards.md)
};

// Of the lines that one rule decided.
struct GradeCounts {
  int64_t equal = 0;
  int64_t different = 0;
  int64_t unknown = 0;

  int64_t all() const { return equal + different + unknown; }
};

struct GradeMathResult {
  GradeCounts counts;
  int64_t unreadable_references = 0;  // counted as unknown, too
  std::map<std::string, GradeCounts> by_rule;
  double seconds = 0;
  double slowest_microseconds = 0;
};

// Grades every line and writes them in their order. `progress` is called every thousand lines.
// `out` appears whole at the end or not at all. Blocks until done. INVALID_ARGUMENT names the file
// and the line ("F.jsonl:3: …"): no such object, no text to grade; other errors are the files'.
absl::StatusOr<GradeMathResult> GradeMath(const GradeMathOptions& options,
                                          absl::FunctionRef<void(const GradeMathResult&)> progress);

// The table that people see: a line a rule, the most frequent first.
std::string GradeTable(const GradeMathResult& result);

}  // namespace gyre::cli

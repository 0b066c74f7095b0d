#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "proto/run_spec.pb.h"

namespace gyre::cli {

// What a run left behind, as the files of its directory say (formats: docs/run_directory.md).
struct RunRecord {
  std::string name;                     // from the spec
  std::string spec_text;                // spec.textproto, whole
  RunSpec spec;                         // the same, as far as it can be read
  nlohmann::json summary;               // summary.json
  nlohmann::json processes;             // processes.json; null without one
  std::vector<nlohmann::json> metrics;  // a line a step, oldest first
  std::vector<nlohmann::json> samples;  // transcripts, oldest first
};

// Reads them. A last line without its end (the run is writing it) is left out.
//   NOT_FOUND, INVALID_ARGUMENT as WriteReport says.
absl::StatusOr<RunRecord> ReadRunRecord(const std::string& run_dir);

// Only summary.json and processes.json; a damaged line elsewhere is no matter then.
absl::StatusOr<RunRecord> ReadRunSummary(const std::string& run_dir);

// "running", "finished", "stopped" or "failed": the last, too, where `gyre run` gave the run up and
// the coordinator knows only that it was stopped. Empty if there is none.
std::string StatusOf(const RunRecord& record);
// Why it failed, in a line; empty if it did not, or if nobody says.
std::string FailureOf(const RunRecord& record);

// The number at `key`, or `otherwise` where there is none or something that is none. NaN for null,
// which is how JSON writes numbers that are not finite: such a number must not read as 0. Numbers
// in strings are numbers here: protobuf's JSON writes 64-bit integers so, and "Infinity".
double Number(const nlohmann::json& object, const char* key, double otherwise = 0);

// The count at `key`; 0 where there is none or something that is none.
uint64_t Count(const nlohmann::json& object, const char* key);

// The list at `key`, or an empty one.
const nlohmann::json& List(const nlohmann::json& object, const char* key);

// The text at `key`, or "".
std::string Text(const nlohmann::json& object, const char* key);

}  // namespace gyre::cli

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace gyre::cli {

// What a run left behind, as the files of its directory say (formats: docs/run_directory.md).
struct RunRecord {
  std::string name;                     // from the spec
  std::string spec;                     // spec.textproto, whole
  nlohmann::json summary;               // summary.json
  nlohmann::json processes;             // processes.json; null without one
  std::vector<nlohmann::json> metrics;  // a line a step, oldest first
  std::vector<nlohmann::json> samples;  // transcripts, oldest first
};

// Reads them. A last line without its end (the run is writing it) is left out.
//   NOT_FOUND, INVALID_ARGUMENT as WriteReport says.
absl::StatusOr<RunRecord> ReadRunRecord(const std::string& run_dir);

// The number at `key`, or `otherwise` where there is none. 64-bit integers are strings in
// protobuf's JSON; they are numbers here.
double Number(const nlohmann::json& object, const char* key, double otherwise = 0);

// The text at `key`, or "".
std::string Text(const nlohmann::json& object, const char* key);

}  // namespace gyre::cli

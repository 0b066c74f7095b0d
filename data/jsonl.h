#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/problem.pb.h"

namespace gyre::data {

// JSON Lines files of problems and of examples (docs/data.md). Reading takes the whole file or
// nothing: a line that is not the message's JSON, has an unknown field or lacks what it needs is
// INVALID_ARGUMENT "FILE:LINE: what". Blank lines are skipped; a file without any message is
// refused.
absl::StatusOr<std::vector<Problem>> ReadProblems(const std::string& path);

// An example without id gets "FILE:LINE" for one.
absl::StatusOr<std::vector<Example>> ReadExamples(const std::string& path);

// Writes the file atomically, the same bytes for the same messages. What the readers would refuse
// is INVALID_ARGUMENT, and nothing is written.
absl::Status WriteProblems(const std::string& path, const std::vector<Problem>& problems);
absl::Status WriteExamples(const std::string& path, const std::vector<Example>& examples);

}  // namespace gyre::data

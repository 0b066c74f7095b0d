#pragma once

#include <cstdint>
#include <functional>
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

// The same for `count` messages that are made one by one, so that a file may be larger than memory.
absl::Status WriteProblems(const std::string& path, uint64_t count,
                           const std::function<Problem(uint64_t)>& make);
absl::Status WriteExamples(const std::string& path, uint64_t count,
                           const std::function<Example(uint64_t)>& make);

}  // namespace gyre::data

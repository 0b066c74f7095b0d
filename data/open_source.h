#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/example_source.h"
#include "data/problem_source.h"

namespace gyre::data {

// The problems at an address of the run spec: "countdown:train", "countdown:held_out", or the path
// of a .jsonl file, which is read whole. The seed decides how countdown:train orders the numbers at
// each draw, and nothing else. INVALID_ARGUMENT: no such address, or a line of the file is wrong;
// NOT_FOUND: no such file.
absl::StatusOr<std::unique_ptr<ProblemSource>> OpenProblems(const std::string& address,
                                                            uint64_t seed);

// The examples at "countdown:traces", or in a .jsonl file: in passes over it, each in an order of
// its own that the seed decides. Errors as above.
absl::StatusOr<std::unique_ptr<ExampleSource>> OpenExamples(const std::string& address,
                                                            uint64_t seed);

}  // namespace gyre::data

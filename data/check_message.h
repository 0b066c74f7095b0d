#pragma once

#include "absl/status/status.h"
#include "proto/problem.pb.h"

namespace gyre::data {

// INVALID_ARGUMENT says what the message lacks: an id, exactly one of prompt and messages, the kind
// and what checks an answer of that kind; for an example, the response.
absl::Status CheckProblem(const Problem& problem);
absl::Status CheckExample(const Example& example);

}  // namespace gyre::data

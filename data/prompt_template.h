#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "proto/problem.pb.h"
#include "proto/run_spec.pb.h"

namespace gyre::data {

// The text that the policy continues. PLAIN: the problem's prompt as it is. R1_ZERO: the template
// of DeepSeek-R1 (arXiv 2501.12948, table 1), one plain line with the prompt as the user's words.
// UNIMPLEMENTED: the problem has chat messages instead of a prompt.
absl::StatusOr<std::string> RenderPrompt(RlSpec::Template prompt_template, const Problem& problem);

}  // namespace gyre::data

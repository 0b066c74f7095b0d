#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rewarder/rule.h"

namespace gyre::rewarder {

// The parts of a response of R1-Zero's form; they point into the response.
struct TaggedResponse {
  absl::string_view thought;
  absl::string_view answer;
};

// Takes a response apart that is, as a whole,
//   <think>THOUGHT</think><answer>ANSWER</answer>
// and then its end mark, with each of them exactly once, byte for byte, and that ended by itself.
// One pass for each, in time linear in the length. INVALID_ARGUMENT says in a few words what is
// wrong; the text of the response does not appear in it.
absl::StatusOr<TaggedResponse> ParseTaggedResponse(const Response& response);

}  // namespace gyre::rewarder

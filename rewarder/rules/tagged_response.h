#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "rewarder/rule.h"

namespace gyre::rewarder::rules {

// What can be wrong with a response of R1-Zero's form. Bits of TaggedResponse.faults.
enum FormatFault : uint32_t {
  kTruncated = 1u << 0,  // it did not end by itself
  kNoEndMark = 1u << 1,  // it does not end with its end mark
  kEndMarkInside = 1u << 2,
  kNoThink = 1u << 3,  // of each tag: it is missing …
  kNoThinkEnd = 1u << 4,
  kNoAnswer = 1u << 5,
  kNoAnswerEnd = 1u << 6,
  kManyThink = 1u << 7,  // … or there more than once
  kManyThinkEnd = 1u << 8,
  kManyAnswer = 1u << 9,
  kManyAnswerEnd = 1u << 10,
  kWrongOrder = 1u << 11,   // all are there once, in another order
  kTextBefore = 1u << 12,   // outside of the parts there is more than white space: before <think>,
  kTextBetween = 1u << 13,  // between </think> and <answer>,
  kTextAfter = 1u << 14,    // after </answer>
  kEmptyThought = 1u << 15,
  kEmptyAnswer = 1u << 16,
};

// The parts of a response of R1-Zero's form,
//   <think>THOUGHT</think> <answer>ANSWER</answer>
// and then its end mark. Tags are compared byte for byte, and count wherever they stand.
struct TaggedResponse {
  uint32_t faults = 0;
  // Point into the response; empty where the faults leave no such part. White space at their ends
  // is theirs.
  absl::string_view thought;
  absl::string_view answer;

  // Both parts are there, whatever is in them.
  bool has_parts() const { return (faults & ~(kEmptyThought | kEmptyAnswer)) == 0; }
};

// Takes a response apart in one pass. If Response.thought_is_open, the prompt ended with <think>:
// the response begins in the thought, and another <think> is one too many.
TaggedResponse ParseTaggedResponse(const Response& response);

// "no </think>, text before <think>"; the response's text does not appear. Empty for no faults.
std::string FaultText(uint32_t faults);

}  // namespace gyre::rewarder::rules

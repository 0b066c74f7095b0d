#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "rewarder/math/extraction.h"
#include "rewarder/math/preset.h"
#include "rewarder/math/value_equality.h"

namespace gyre::rewarder::math {

// What came out of comparing an answer with a reference.
struct Grade {
  Sameness sameness = Sameness::kUnknown;
  std::string rule;    // how the answer was found and what decided: "boxed: exact"
  std::string answer;  // as it stands in the completion
  bool is_reference_unreadable = false;
};

// The entry to mathematics: an answer, or a completion with one, against a reference. Thread-safe,
// pure, and bounded: kSteps of work for any input. A reference that cannot be read is said so.
Grade GradeAnswer(absl::string_view reference, absl::string_view answer, const Preset& preset);
Grade GradeCompletion(absl::string_view reference, absl::string_view completion,
                      const Preset& preset);

// Whether a reference can be compared with; empty, or why not.
std::string FaultOfReference(absl::string_view reference);

}  // namespace gyre::rewarder::math

#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {

// Where the answer stands in a completion, and by which rule it was found.
struct Extraction {
  absl::string_view answer;  // points into the completion; empty if there is none
  const char* rule = "";     // of a fixed set: "boxed", "answer tag", "final answer is" …
  bool is_latex = false;     // it stood in LaTeX: bare braces group
  std::string joined;        // not empty: several boxes side by side, "1,2"
};

// Finds the answer: after the last </think> (in the whole text if there is none), the first of
//   the last balanced \boxed{} or \fbox{}, with the boxes beside it; <answer>…</answer>; "final
//   answer is …"; "#### …"; "answer is …" or "answer: …"; an option's letter that opens a line; the
//   last piece of mathematics ($…$, \(…\), \[…\]); the last number.
// In time linear in the text, without backtracking.
Extraction ExtractAnswer(absl::string_view completion);

// What a reference or a bare answer is, without the box or the dollars around it.
Extraction UnwrapAnswer(absl::string_view text);

}  // namespace gyre::rewarder::math

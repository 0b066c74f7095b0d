#pragma once

#include <string>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "proto/group.pb.h"
#include "proto/problem.pb.h"

namespace gyre::rewarder {

// What a rule judges.
struct Response {
  absl::string_view text;  // whole, special tokens kept; may be any bytes
  FinishReason finish_reason = FINISH_REASON_UNSPECIFIED;
  // How the token that ends a response reads ("<eos>"): the one that this text ends with, or any if
  // it ends with none. Empty: texts have no end mark.
  absl::string_view end_mark = {};
  // The prompt ended with <think> (some models' chat templates): the text begins inside the
  // thought.
  bool thought_is_open = false;
};

// Response.end_mark for a text, of all that may end one.
template <typename Marks>
absl::string_view EndMarkOf(absl::string_view text, const Marks& marks) {
  for (const auto& mark : marks) {
    if (!mark.empty() && absl::EndsWith(text, mark)) return mark;
  }
  return marks.empty() ? absl::string_view() : absl::string_view(*marks.begin());
}

// What a rule says: a value, or an error, which is never a number.
struct Verdict {
  std::variant<double, ScoreErrorKind> result;
  std::string rule;    // what decided, for people: "countdown: wrong value 36"
  std::string answer;  // that was extracted, if any
};

// Judges a response to a problem. Pure: the same arguments give the same verdict, on any machine.
// Every input has a defined verdict, however hostile the response is. Called from many threads at
// once; does not block.
class Rule {
 public:
  virtual ~Rule() = default;
  virtual Verdict Check(const Problem& problem, const Response& response) const = 0;
};

}  // namespace gyre::rewarder

#include "rewarder/tagged_response.h"

#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace gyre::rewarder {

absl::StatusOr<TaggedResponse> ParseTaggedResponse(const Response& response) {
  if (response.finish_reason != STOP) return absl::InvalidArgumentError("truncated");
  const std::array<absl::string_view, 5> marks = {"<think>", "</think>", "<answer>", "</answer>",
                                                  response.end_mark};
  std::array<std::size_t, marks.size()> starts;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i].empty()) {
      starts[i] = response.text.size();
      continue;
    }
    starts[i] = response.text.find(marks[i]);
    if (starts[i] == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("no ", marks[i]));
    }
    if (response.text.find(marks[i], starts[i] + marks[i].size()) != absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("more than one ", marks[i]));
    }
  }
  const auto end_of = [&](std::size_t mark) { return starts[mark] + marks[mark].size(); };
  if (starts[0] != 0) return absl::InvalidArgumentError("text before <think>");
  // Marks do not overlap, so an order of starts is an order of whole marks.
  if (starts[1] < end_of(0) || starts[2] != end_of(1)) {
    return absl::InvalidArgumentError("<answer> does not follow </think> at once");
  }
  if (starts[3] < end_of(2) || starts[4] != end_of(3) || end_of(4) != response.text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the response does not end with </answer>", response.end_mark));
  }
  return TaggedResponse{response.text.substr(end_of(0), starts[1] - end_of(0)),
                        response.text.substr(end_of(2), starts[3] - end_of(2))};
}

}  // namespace gyre::rewarder

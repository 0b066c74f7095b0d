#include "rewarder/tagged_response.h"

#include <array>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gyre::rewarder {
namespace {

constexpr std::array<absl::string_view, 5> kMarks = {"<think>", "</think>", "<answer>", "</answer>",
                                                     "<eos>"};

}  // namespace

absl::StatusOr<TaggedResponse> ParseTaggedResponse(const Response& response) {
  if (response.finish_reason != STOP) return absl::InvalidArgumentError("truncated");
  std::array<std::size_t, kMarks.size()> starts;
  for (std::size_t i = 0; i < kMarks.size(); ++i) {
    starts[i] = response.text.find(kMarks[i]);
    if (starts[i] == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("no ", kMarks[i]));
    }
    if (response.text.find(kMarks[i], starts[i] + kMarks[i].size()) != absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("more than one ", kMarks[i]));
    }
  }
  const auto end_of = [&](std::size_t mark) { return starts[mark] + kMarks[mark].size(); };
  if (starts[0] != 0) return absl::InvalidArgumentError("text before <think>");
  // Marks do not overlap, so an order of starts is an order of whole marks.
  if (starts[1] < end_of(0) || starts[2] != end_of(1)) {
    return absl::InvalidArgumentError("<answer> does not follow </think> at once");
  }
  if (starts[3] < end_of(2) || starts[4] != end_of(3) || end_of(4) != response.text.size()) {
    return absl::InvalidArgumentError("the response does not end with </answer><eos>");
  }
  return TaggedResponse{response.text.substr(end_of(0), starts[1] - end_of(0)),
                        response.text.substr(end_of(2), starts[3] - end_of(2))};
}

}  // namespace gyre::rewarder

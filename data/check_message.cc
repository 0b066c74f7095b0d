#include "data/check_message.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace gyre::data {
namespace {

// For both kinds of message.
template <typename Message>
absl::Status CheckPrompt(const Message& message) {
  const bool has_prompt = !message.prompt().empty();
  const bool has_messages = message.messages_size() > 0;
  if (has_prompt == has_messages) {
    return absl::InvalidArgumentError(has_prompt ? "has both \"prompt\" and \"messages\""
                                                 : "has neither \"prompt\" nor \"messages\"");
  }
  for (const ChatMessage& chat : message.messages()) {
    if (chat.role() != "system" && chat.role() != "user" && chat.role() != "assistant") {
      return absl::InvalidArgumentError(
          absl::StrCat("\"role\" is \"", chat.role(), "\"; it must be system, user or assistant"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckProblem(const Problem& problem) {
  if (problem.id().empty()) return absl::InvalidArgumentError("has no \"id\"");
  if (problem.kind().empty()) return absl::InvalidArgumentError("has no \"kind\"");
  const CountdownTask& task = problem.countdown();
  if (problem.kind() == "countdown" && (task.numbers().empty() || !task.has_target())) {
    return absl::InvalidArgumentError(
        "is of kind countdown and needs \"countdown\": {\"numbers\": […], \"target\": …}");
  }
  if (problem.kind() == "math" && problem.reference().empty()) {
    return absl::InvalidArgumentError("is of kind math and needs \"reference\", the right answer");
  }
  for (const int32_t number : task.numbers()) {
    // What an answer may contain (rewarder/rules/expression.h).
    if (number < 0 || number > 999'999'999) {
      return absl::InvalidArgumentError(
          absl::StrCat("has the number ", number, ", which no answer can use; 0 to 999999999 can"));
    }
  }
  return CheckPrompt(problem);
}

absl::Status CheckExample(const Example& example) {
  if (example.response().empty()) return absl::InvalidArgumentError("has no \"response\"");
  return CheckPrompt(example);
}

}  // namespace gyre::data

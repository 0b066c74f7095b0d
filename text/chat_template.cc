#include "text/chat_template.h"

#include "absl/strings/str_cat.h"
#include "text/one_line.h"
#include "text/utf8.h"

namespace gyre::text {

absl::StatusOr<std::string> ChatTemplate::Render(absl::Span<const ChatMessage> messages,
                                                 const ChatOptions& options) const {
  const std::string name(family());
  if (messages.empty()) return absl::InvalidArgumentError("a chat needs a message");
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string& role = messages[i].role;
    if (role != "system" && role != "user" && role != "assistant") {
      return absl::UnimplementedError(
          absl::StrCat("message ", i, ": the role \"", OneLine(role), "\" is not supported"));
    }
    if (std::optional<size_t> offset = FindInvalidUtf8(messages[i].content)) {
      return absl::InvalidArgumentError(
          absl::StrCat("message ", i, " is not UTF-8 at byte ", *offset));
    }
  }
  if (options.enable_thinking.has_value() && !has_thinking_switch()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the chat template of ", name, " cannot be told whether to think"));
  }
  if (!options.date.empty() && !has_date()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the chat template of ", name, " does not give a date"));
  }
  return RenderChecked(messages, options);
}

}  // namespace gyre::text

#include "text/chatml_template.h"

#include "absl/strings/str_cat.h"

namespace gyre::text {

std::string ChatMlTemplate::RenderChecked(absl::Span<const ChatMessage> messages,
                                          const ChatOptions& options) const {
  std::string prompt;
  auto turn = [&](const std::string& role, const std::string& content) {
    absl::StrAppend(&prompt, "<|im_start|>", role, "\n", content, "<|im_end|>\n");
  };
  if (messages[0].role != "system" && !default_system_.empty()) turn("system", default_system_);
  for (const ChatMessage& message : messages) turn(message.role, message.content);
  if (options.add_generation_prompt) prompt.append("<|im_start|>assistant\n");
  return prompt;
}

}  // namespace gyre::text

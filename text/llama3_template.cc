#include "text/llama3_template.h"

#include "text/strip.h"

namespace gyre::text {
namespace {

constexpr char kDefaultDate[] = "26 Jul 2024";

void AppendHeader(std::string_view role, std::string* prompt) {
  prompt->append("<|start_header_id|>").append(role).append("<|end_header_id|>\n\n");
}

}  // namespace

std::string Llama3Template::RenderChecked(absl::Span<const ChatMessage> messages,
                                          const ChatOptions& options) const {
  std::string prompt = bos_token_;
  if (with_dates_) {
    AppendHeader("system", &prompt);
    prompt.append("Cutting Knowledge Date: December 2023\nToday Date: ");
    prompt.append(options.date.empty() ? kDefaultDate : options.date).append("\n\n");
    if (messages[0].role == "system") {
      prompt.append(StripWhiteSpace(messages[0].content));
      messages.remove_prefix(1);
    }
    prompt.append("<|eot_id|>");
  }
  for (const ChatMessage& message : messages) {
    AppendHeader(message.role, &prompt);
    prompt.append(StripWhiteSpace(message.content)).append("<|eot_id|>");
  }
  if (options.add_generation_prompt) AppendHeader("assistant", &prompt);
  return prompt;
}

}  // namespace gyre::text

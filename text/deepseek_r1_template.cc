#include "text/deepseek_r1_template.h"

namespace gyre::text {
namespace {

std::string_view BehindReasoning(std::string_view content) {
  constexpr std::string_view kThinkEnd = "</think>";
  const size_t end = content.rfind(kThinkEnd);
  return end == std::string_view::npos ? content : content.substr(end + kThinkEnd.size());
}

}  // namespace

std::string DeepSeekR1Template::RenderChecked(absl::Span<const ChatMessage> messages,
                                              const ChatOptions& options) const {
  std::string system;
  bool is_first_system = true;
  for (const ChatMessage& message : messages) {
    if (message.role != "system") continue;
    if (!joins_systems_) system.clear();
    if (joins_systems_ && !is_first_system) system.append("\n\n");
    system.append(message.content);
    is_first_system = false;
  }
  std::string prompt = bos_token_ + system;
  for (const ChatMessage& message : messages) {
    if (message.role == "user") {
      prompt.append("<｜User｜>").append(message.content);
    } else if (message.role == "assistant") {
      prompt.append("<｜Assistant｜>").append(BehindReasoning(message.content));
      prompt.append("<｜end▁of▁sentence｜>");
    }
  }
  if (options.add_generation_prompt) prompt.append("<｜Assistant｜><think>\n");
  return prompt;
}

}  // namespace gyre::text

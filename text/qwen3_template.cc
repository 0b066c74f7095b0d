#include "text/qwen3_template.h"

#include "absl/strings/str_cat.h"
#include "text/strip.h"

namespace gyre::text {
namespace {

constexpr std::string_view kThink = "<think>";
constexpr std::string_view kThinkEnd = "</think>";

// The last user turn that is not the answer of a tool; the last turn if there is none.
size_t LastQuestion(absl::Span<const ChatMessage> messages) {
  for (size_t i = messages.size(); i-- > 0;) {
    const std::string_view content = messages[i].content;
    if (messages[i].role == "user" &&
        !(content.starts_with("<tool_response>") && content.ends_with("</tool_response>"))) {
      return i;
    }
  }
  return messages.size() - 1;
}

struct AssistantTurn {
  std::string reasoning;
  std::string answer;
};

AssistantTurn Parted(std::string_view content) {
  const size_t first_end = content.find(kThinkEnd);
  if (first_end == std::string_view::npos) return {"", std::string(content)};
  std::string_view reasoning = StripRight(content.substr(0, first_end), '\n');
  const size_t think = reasoning.rfind(kThink);
  if (think != std::string_view::npos) reasoning.remove_prefix(think + kThink.size());
  const std::string_view answer = content.substr(content.rfind(kThinkEnd) + kThinkEnd.size());
  return {std::string(StripLeft(reasoning, '\n')), std::string(StripLeft(answer, '\n'))};
}

}  // namespace

std::string Qwen3Template::RenderChecked(absl::Span<const ChatMessage> messages,
                                         const ChatOptions& options) const {
  const size_t last_question = LastQuestion(messages);
  std::string prompt;
  for (size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    absl::StrAppend(&prompt, "<|im_start|>", message.role, "\n");
    if (message.role != "assistant") {
      prompt.append(message.content);
    } else {
      const AssistantTurn turn = Parted(message.content);
      const bool is_last = i + 1 == messages.size();
      if (i > last_question && (is_last || !turn.reasoning.empty())) {
        prompt.append("<think>\n").append(StripRight(turn.reasoning, '\n'));
        prompt.append("\n</think>\n\n").append(StripLeft(turn.answer, '\n'));
      } else {
        prompt.append(turn.answer);
      }
    }
    prompt.append("<|im_end|>\n");
  }
  if (options.add_generation_prompt) {
    prompt.append("<|im_start|>assistant\n");
    if (options.enable_thinking == false) prompt.append("<think>\n\n</think>\n\n");
  }
  return prompt;
}

}  // namespace gyre::text

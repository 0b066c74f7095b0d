// render_chats: chats for the oracle test in Python. A line of stdin is {"template", "bos_token",
// "messages": [{"role", "content"}], "add_generation_prompt", "enable_thinking" (or null), "date",
// "guess"}; the same line of stdout is {"family", "prompt"}, or {"error": …}.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "text/known_chat_templates.h"

namespace {

using gyre::text::ChatMessage;
using gyre::text::ChatOptions;
using gyre::text::UnknownTemplate;
using nlohmann::json;

json Answer(const json& chat) {
  const std::string source = chat["template"], bos_token = chat["bos_token"];
  auto chat_template = gyre::text::RecogniseChatTemplate(
      source, bos_token, chat["guess"] ? UnknownTemplate::kGuess : UnknownTemplate::kRefuse);
  if (!chat_template.ok()) return {{"error", std::string(chat_template.status().message())}};
  std::vector<ChatMessage> messages;
  for (const json& message : chat["messages"]) {
    messages.push_back({message["role"], message["content"]});
  }
  ChatOptions options;
  options.add_generation_prompt = chat["add_generation_prompt"];
  if (!chat["enable_thinking"].is_null()) options.enable_thinking = chat["enable_thinking"];
  options.date = chat["date"];
  absl::StatusOr<std::string> prompt = (*chat_template)->Render(messages, options);
  if (!prompt.ok()) return {{"error", std::string(prompt.status().message())}};
  return {{"family", (*chat_template)->family()}, {"prompt", *prompt}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << Answer(json::parse(line)).dump() << "\n";
  }
  return 0;
}

#pragma once

#include <string>
#include <utility>

#include "text/chat_template.h"

namespace gyre::text {

// ChatML: Qwen2.5, SmolLM2, Qwen3-Instruct-2507. Each turn is "<|im_start|>ROLE\nTEXT<|im_end|>\n".
class ChatMlTemplate : public ChatTemplate {
 public:
  // `default_system` is the system turn of a chat that has none in front; empty: none.
  ChatMlTemplate(std::string family, std::string default_system)
      : family_(std::move(family)), default_system_(std::move(default_system)) {}

  std::string_view family() const override { return family_; }

 protected:
  std::string RenderChecked(absl::Span<const ChatMessage> messages,
                            const ChatOptions& options) const override;

 private:
  std::string family_;
  std::string default_system_;
};

}  // namespace gyre::text

#pragma once

#include "text/chat_template.h"

namespace gyre::text {

// Qwen3: ChatML whose assistant turns may hold "<think>…</think>". The reasoning of turns before
// the last question is left out; later ones are written anew.
class Qwen3Template : public ChatTemplate {
 public:
  std::string_view family() const override { return "Qwen3"; }

 protected:
  bool has_thinking_switch() const override { return true; }
  std::string RenderChecked(absl::Span<const ChatMessage> messages,
                            const ChatOptions& options) const override;
};

}  // namespace gyre::text

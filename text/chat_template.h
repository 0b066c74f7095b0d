#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace gyre::text {

struct ChatMessage {
  std::string role;  // system, user or assistant
  std::string content;
};

struct ChatOptions {
  // Ends with the beginning of an assistant's turn, for the model to go on.
  bool add_generation_prompt = true;
  // For a family that can be told; empty: as the family does by itself.
  std::optional<bool> enable_thinking;
  // What Llama 3.1 and 3.2 give as the day, such as "26 Jul 2024", which is also the default:
  // prompts must not change from one day to the next.
  std::string date;
};

// How a family of models wants a chat written. Rendered is what transformers' apply_chat_template
// makes of the model's own template. Immutable, thread-safe.
class ChatTemplate {
 public:
  virtual ~ChatTemplate() = default;

  // The prompt, to be encoded without further special tokens. INVALID_ARGUMENT: no messages,
  // content that is not UTF-8, or an option that the family does not have. UNIMPLEMENTED: another
  // role (tools).
  absl::StatusOr<std::string> Render(absl::Span<const ChatMessage> messages,
                                     const ChatOptions& options) const;

  // For people: "Qwen3".
  virtual std::string_view family() const = 0;

 protected:
  virtual bool has_thinking_switch() const { return false; }
  virtual bool has_date() const { return false; }
  // Roles and options have been checked, and there is a message.
  virtual std::string RenderChecked(absl::Span<const ChatMessage> messages,
                                    const ChatOptions& options) const = 0;
};

}  // namespace gyre::text

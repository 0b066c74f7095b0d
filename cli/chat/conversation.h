#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace gyre::cli {

// What was said in a chat, and the prompts that it makes. For one thread.
class Conversation {
 public:
  // `system`: the model's instructions; empty: those of the template, if it has any.
  // INVALID_ARGUMENT or UNIMPLEMENTED: the template cannot write a chat with such instructions.
  static absl::StatusOr<Conversation> Create(
      std::shared_ptr<const text::Tokenizer> tokenizer,
      std::shared_ptr<const text::ChatTemplate> chat_template, const std::string& system);

  struct Prompt {
    std::vector<int32_t> tokens;
    bool begins_thinking = false;  // its last word is an opened <think>
  };
  // All that was said, and then this question. INVALID_ARGUMENT: it is not UTF-8, or has text
  // without a token.
  absl::StatusOr<Prompt> Ask(const std::string& question) const;

  // Remembers a turn. `reply` is what the model wrote, with its thinking: of this the template
  // leaves out what the model shall not see again.
  void Keep(const std::string& question, const std::string& reply);
  // All but the instructions.
  void Forget();

  // The tokens that end a reply: the model's own, and the one that the template writes behind one.
  const std::vector<int32_t>& end_tokens() const { return end_tokens_; }

 private:
  Conversation(std::shared_ptr<const text::Tokenizer> tokenizer,
               std::shared_ptr<const text::ChatTemplate> chat_template);
  absl::Status FindEndTokens();

  std::shared_ptr<const text::Tokenizer> tokenizer_;
  std::shared_ptr<const text::ChatTemplate> template_;
  std::vector<text::ChatMessage> messages_;
  size_t instructions_ = 0;  // of the messages, in front
  std::vector<int32_t> end_tokens_;
};

}  // namespace gyre::cli

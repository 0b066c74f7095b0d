#pragma once

#include <string>
#include <utility>

#include "text/chat_template.h"

namespace gyre::text {

// DeepSeek-R1 and the models distilled from it: all system texts in front, reasoning of earlier
// turns left out, and the model made to think by "<think>\n" behind the prompt.
class DeepSeekR1Template : public ChatTemplate {
 public:
  // R1 itself joins several system turns by an empty line; the distilled ones take the last one.
  DeepSeekR1Template(std::string family, std::string bos_token, bool joins_systems)
      : family_(std::move(family)),
        bos_token_(std::move(bos_token)),
        joins_systems_(joins_systems) {}

  std::string_view family() const override { return family_; }

 protected:
  std::string RenderChecked(absl::Span<const ChatMessage> messages,
                            const ChatOptions& options) const override;

 private:
  std::string family_;
  std::string bos_token_;
  bool joins_systems_;
};

}  // namespace gyre::text

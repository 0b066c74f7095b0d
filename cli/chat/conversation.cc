#include "cli/chat/conversation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "text/utf8.h"

namespace gyre::cli {

absl::StatusOr<Conversation> Conversation::Create(
    std::shared_ptr<const text::Tokenizer> tokenizer,
    std::shared_ptr<const text::ChatTemplate> chat_template, const std::string& system) {
  Conversation conversation(std::move(tokenizer), std::move(chat_template));
  GYRE_RETURN_IF_ERROR(conversation.FindEndTokens());
  if (!system.empty()) {
    conversation.messages_.push_back({"system", system});
    conversation.instructions_ = 1;
    const absl::Status status = conversation.Ask("").status();
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat("--system: ", status.message()));
    }
  }
  return conversation;
}

Conversation::Conversation(std::shared_ptr<const text::Tokenizer> tokenizer,
                           std::shared_ptr<const text::ChatTemplate> chat_template)
    : tokenizer_(std::move(tokenizer)), template_(std::move(chat_template)) {}

absl::Status Conversation::FindEndTokens() {
  end_tokens_ = tokenizer_->eos_ids();
  constexpr std::string_view kReply = "0";
  GYRE_ASSIGN_OR_RETURN(
      const std::string chat,
      template_->Render({{"user", ""}, {"assistant", std::string(kReply)}},
                        {.add_generation_prompt = false, .enable_thinking = {}, .date = ""}));
  const std::string end = chat.substr(chat.rfind(kReply) + kReply.size());
  const absl::StatusOr<std::vector<int32_t>> ids = tokenizer_->Encode(end);
  if (!ids.ok() || ids->empty()) return absl::OkStatus();  // nothing to go by
  const int32_t first = ids->front();
  const bool is_special = tokenizer_->Decode({&first, 1}, text::SpecialTokens::kSkip).empty();
  if (is_special && std::find(end_tokens_.begin(), end_tokens_.end(), first) == end_tokens_.end()) {
    end_tokens_.push_back(first);
  }
  return absl::OkStatus();
}

absl::StatusOr<Conversation::Prompt> Conversation::Ask(const std::string& question) const {
  if (const auto at = text::FindInvalidUtf8(question)) {
    return absl::InvalidArgumentError(absl::StrCat("the text is not UTF-8 at byte ", *at + 1));
  }
  std::vector<text::ChatMessage> messages = messages_;
  messages.push_back({"user", question});
  GYRE_ASSIGN_OR_RETURN(const std::string prompt, template_->Render(messages, {}));
  GYRE_ASSIGN_OR_RETURN(std::vector<int32_t> tokens, tokenizer_->Encode(prompt));
  return Prompt{
      .tokens = std::move(tokens),
      .begins_thinking = absl::EndsWith(absl::StripTrailingAsciiWhitespace(prompt), "<think>")};
}

void Conversation::Keep(const std::string& question, const std::string& reply) {
  messages_.push_back({"user", question});
  messages_.push_back({"assistant", reply});
}

void Conversation::Forget() { messages_.resize(instructions_); }

}  // namespace gyre::cli

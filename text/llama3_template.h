#pragma once

#include <string>
#include <utility>

#include "text/chat_template.h"

namespace gyre::text {

// Llama 3, and 3.1 and later ones, which always have a system turn with dates.
class Llama3Template : public ChatTemplate {
 public:
  Llama3Template(std::string family, std::string bos_token, bool with_dates)
      : family_(std::move(family)), bos_token_(std::move(bos_token)), with_dates_(with_dates) {}

  std::string_view family() const override { return family_; }

 protected:
  bool has_date() const override { return with_dates_; }
  std::string RenderChecked(absl::Span<const ChatMessage> messages,
                            const ChatOptions& options) const override;

 private:
  std::string family_;
  std::string bos_token_;
  bool with_dates_;
};

}  // namespace gyre::text

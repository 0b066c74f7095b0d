#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/chat/thinking_split.h"

namespace gyre::cli {

// How a reply is written.
struct ReplyStyle {
  // Whether the thinking is dimmed; otherwise it stands between lines <think> and </think>.
  bool dims_thinking = false;
  // Whether control characters, by which a text could take a terminal over, become U+FFFD.
  bool is_for_terminal = false;
};

// Makes text for people of a reply's segments: the thinking, a blank line, the answer, a line end.
// For one reply, on one thread.
class ReplyText {
 public:
  explicit ReplyText(const ReplyStyle& style) : style_(style) {}

  // What is to be written of these.
  std::string Add(const std::vector<ReplySegment>& segments);
  // What ends the reply's last line; nothing if the reply is empty.
  std::string End();

 private:
  // What stands between the part that came last and what follows it.
  std::string EndOfPart() const;

  const ReplyStyle style_;
  std::optional<ReplyPart> part_;  // that came last
};

}  // namespace gyre::cli

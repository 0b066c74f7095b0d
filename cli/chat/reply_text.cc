#include "cli/chat/reply_text.h"

#include <string_view>

#include "absl/strings/str_cat.h"

namespace gyre::cli {
namespace {

constexpr char kDim[] = "\x1b[2m";
constexpr char kPlain[] = "\x1b[0m";
constexpr char kReplacement[] = "\uFFFD";

bool IsControl(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
}

// Whole characters in UTF-8.
std::string WithoutControls(std::string_view text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    // U+0080 to U+009F are two bytes each.
    const bool is_c1 =
        text[i] == '\xC2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    if (is_c1 || IsControl(text[i])) {
      shown.append(kReplacement);
    } else {
      shown.push_back(text[i]);
    }
  }
  return shown;
}

}  // namespace

std::string ReplyText::Add(const std::vector<ReplySegment>& segments) {
  std::string text;
  for (const ReplySegment& segment : segments) {
    if (part_ != segment.part) {
      if (part_.has_value()) absl::StrAppend(&text, EndOfPart(), "\n\n");
      if (segment.part == ReplyPart::kThinking && !style_.dims_thinking) text.append("<think>\n");
      part_ = segment.part;
    }
    const std::string shown = style_.is_for_terminal ? WithoutControls(segment.text) : segment.text;
    const bool is_dim = style_.dims_thinking && segment.part == ReplyPart::kThinking;
    absl::StrAppend(&text, is_dim ? kDim : "", shown, is_dim ? kPlain : "");
  }
  return text;
}

std::string ReplyText::End() { return part_.has_value() ? EndOfPart() + "\n" : ""; }

std::string ReplyText::EndOfPart() const {
  return part_ == ReplyPart::kThinking && !style_.dims_thinking ? "\n</think>" : "";
}

}  // namespace gyre::cli

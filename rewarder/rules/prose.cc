#include "rewarder/rules/prose.h"

#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "text/utf8.h"

namespace gyre::rewarder::rules {
namespace {

constexpr std::size_t kNone = absl::string_view::npos;

struct Brackets {
  absl::string_view open;
  absl::string_view close;
  bool is_of_one_line;
};
// Longer ones first: ``` before `.
constexpr std::array<Brackets, 6> kBrackets = {
    Brackets{"```", "```", false}, {"`", "`", true},     {"$$", "$$", false}, {"$", "$", true},
    {"\\(", "\\)", true},          {"\\[", "\\]", false}};
constexpr std::size_t kLongestTag = 32;

class ProseReader {
 public:
  explicit ProseReader(absl::string_view text) : text_(text) {}

  std::string Read() {
    std::string prose;
    while (at_ < text_.size()) {
      const std::size_t end = EndOfOther();
      if (end == kNone) {
        prose.push_back(text_[at_++]);
      } else {
        prose.push_back(' ');
        at_ = end;
      }
    }
    return prose;
  }

 private:
  absl::string_view Rest() const { return text_.substr(at_); }

  // Where that ends which begins here and is no prose; kNone if this is prose.
  std::size_t EndOfOther() {
    switch (text_[at_]) {
      case '`':
      case '$':
        return EndOfBrackets();
      case '\\': {
        const std::size_t end = EndOfBrackets();
        return end != kNone ? end : EndOfCommand();
      }
      case '<':
        return EndOfTag();
      case 'h':
        return EndOfAddress();
      default:
        return kNone;
    }
  }

  // Where a closing bracket was looked for and is not, it is not looked for again, so all searches
  // are linear together.
  std::size_t EndOfBrackets() {
    for (std::size_t i = 0; i < kBrackets.size(); ++i) {
      const Brackets& brackets = kBrackets[i];
      if (at_ < unclosed_until_[i] || !absl::StartsWith(Rest(), brackets.open)) continue;
      const std::size_t inside = at_ + brackets.open.size();
      const absl::string_view within =
          brackets.is_of_one_line ? text_.substr(0, LineEnd(inside)) : text_;
      const std::size_t close = within.find(brackets.close, inside);
      if (close != kNone) return close + brackets.close.size();
      unclosed_until_[i] = within.size();
    }
    return kNone;
  }

  std::size_t LineEnd(std::size_t from) {
    if (line_end_ < from) line_end_ = text_.find('\n', from);
    return line_end_;
  }

  std::size_t EndOfCommand() const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && absl::ascii_isalpha(text_[end])) ++end;
    return end == at_ + 1 ? kNone : end;
  }

  std::size_t EndOfTag() const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && end - at_ < kLongestTag &&
           (absl::ascii_isalnum(text_[end]) || text_[end] == '/' || text_[end] == '_')) {
      ++end;
    }
    return end > at_ + 1 && end < text_.size() && text_[end] == '>' ? end + 1 : kNone;
  }

  std::size_t EndOfAddress() const {
    if (!absl::StartsWith(Rest(), "http://") && !absl::StartsWith(Rest(), "https://")) return kNone;
    std::size_t end = at_;
    while (end < text_.size() && !absl::ascii_isspace(text_[end])) ++end;
    return end;
  }

  const absl::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_end_ = 0;
  std::array<std::size_t, kBrackets.size()> unclosed_until_ = {};
};

}  // namespace

std::string ProseOf(absl::string_view text) {
  // U+FFFD has no script, so it is of no word.
  return text::ReplaceInvalidUtf8(ProseReader(text.substr(0, kMostProseBytes)).Read());
}

}  // namespace gyre::rewarder::rules

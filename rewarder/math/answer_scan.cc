#include "rewarder/math/answer_scan.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace gyre::rewarder::math {
namespace {

size_t SkipBlanks(absl::string_view text, size_t at) {
  while (at < text.size() && absl::ascii_isspace(text[at])) ++at;
  return at;
}

// How many bytes at `at` open a box, the brace counted; 0 if none does.
size_t BoxOpening(absl::string_view text, size_t at) {
  for (const absl::string_view command : {"\\boxed", "\\fbox"}) {
    if (!absl::StartsWith(text.substr(at), command)) continue;
    size_t end = at + command.size();
    for (int blanks = 0; end < text.size() && text[end] == ' ' && blanks < 4; ++blanks) ++end;
    if (end < text.size() && text[end] == '{') return end + 1 - at;
  }
  return 0;
}

bool StartsWithIgnoreCase(absl::string_view text, size_t at, absl::string_view prefix) {
  return absl::StartsWithIgnoreCase(text.substr(at, prefix.size()), prefix);
}

// The end of the sentence or line that begins at `at`.
size_t SentenceEnd(absl::string_view text, size_t at) {
  bool in_mathematics = false;
  size_t i = at;
  for (; i < text.size(); ++i) {
    if (text[i] == '$') in_mathematics = !in_mathematics;
    if (text[i] == '\n') break;
    const bool ends = text[i] == '.' && (i + 1 == text.size() || absl::ascii_isspace(text[i + 1]));
    if (ends && !in_mathematics) break;
    if (text[i] == '<' && absl::StartsWith(text.substr(i), "<|")) break;
  }
  return i;
}

// Where the answer begins behind the word "answer" at `at` (its end), or npos if none is announced.
size_t AnnouncedBegin(absl::string_view text, size_t at) {
  constexpr size_t kReach = 60;
  size_t i = at;
  for (size_t read = 0; i < text.size() && read < kReach; ++i, ++read) {
    const char c = text[i];
    if (c == ':' || c == '=') return SkipBlanks(text, i + 1);
    if (c == '\n' && read > 4) return absl::string_view::npos;
    const bool begins_word = i == at || !absl::ascii_isalpha(text[i - 1]);
    if (!begins_word) continue;
    for (const absl::string_view verb : {"is ", "is:", "are ", "be ", "is\n"}) {
      if (!StartsWithIgnoreCase(text, i, verb)) continue;
      size_t begin = SkipBlanks(text, i + verb.size() - 1);
      if (begin < text.size() && text[begin] == ':') begin = SkipBlanks(text, begin + 1);
      return begin;
    }
    if (c == '$' || (c == '.' && i + 1 < text.size() && text[i + 1] == ' '))
      return absl::string_view::npos;
  }
  return absl::string_view::npos;
}

}  // namespace

std::vector<Box> FindBoxes(absl::string_view text) {
  struct Open {
    size_t outer = 0;
    size_t inner = 0;  // 0: no box
  };
  std::vector<Open> open;
  std::vector<Box> boxes;
  size_t num_open_boxes = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      const size_t opening = BoxOpening(text, i);
      if (opening > 0) {
        open.push_back({i, i + opening});
        ++num_open_boxes;
        i += opening - 1;
      } else if (i + 1 < text.size() && (text[i + 1] == '{' || text[i + 1] == '}')) {
        ++i;
      }
    } else if (text[i] == '{') {
      open.push_back({});
    } else if (text[i] == '}' && !open.empty()) {
      const Open last = open.back();
      open.pop_back();
      if (last.inner == 0) continue;
      --num_open_boxes;
      while (!boxes.empty() && boxes.back().outer.begin > last.outer) boxes.pop_back();
      boxes.push_back({{last.inner, i}, {last.outer, i + 1}});
    }
  }
  if (!boxes.empty() || num_open_boxes == 0) return boxes;
  for (const Open& box : open) {
    if (box.inner == 0) continue;
    const size_t end = std::min(text.find('\n', box.inner), text.size());
    boxes = {{{box.inner, end}, {box.outer, end}}};
  }
  return boxes;
}

std::optional<Span> FindLastMathematics(absl::string_view text) {
  std::optional<Span> last;
  size_t open = absl::string_view::npos;  // where the mathematics begins
  char closes = 0;                        // what ends it: $ D (for $$) ) ]
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size();
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (escapes && closes == 0 && (next == '(' || next == '[')) {
      closes = next == '(' ? ')' : ']';
      open = i + 2;
    } else if (escapes && closes == next && (next == ')' || next == ']')) {
      if (i > open) last = Span{open, i};
      closes = 0;
    } else if (text[i] == '$') {
      const bool is_double = next == '$';
      const char mark = is_double ? 'D' : '$';
      if (closes == 0) {
        closes = mark;
        open = i + (is_double ? 2 : 1);
      } else if (closes == mark || (closes == '$' && is_double)) {
        if (i > open) last = Span{open, i};
        closes = 0;
      }
      i += is_double;
      continue;
    } else if (text[i] == '\n' && closes == '$') {
      closes = 0;  // $ … $ stands in one line
    }
    if (escapes) ++i;
  }
  return last;
}

std::optional<Span> FindLastNumber(absl::string_view text) {
  size_t end = text.size();
  auto is_inner = [](char c) {
    return absl::ascii_isdigit(c) || c == '.' || c == ',' || c == '/' || c == ':';
  };
  while (end > 0) {
    while (end > 0 && !absl::ascii_isdigit(text[end - 1])) --end;
    if (end == 0) return std::nullopt;
    size_t begin = end;
    while (begin > 0 && is_inner(text[begin - 1])) --begin;
    const bool is_in_word =
        begin > 0 && (absl::ascii_isalpha(text[begin - 1]) || text[begin - 1] == '_');
    const bool goes_on =
        end < text.size() && absl::ascii_isalpha(text[end]) && begin > 0 && is_in_word;
    if (is_in_word || goes_on) {
      end = begin;
      continue;
    }
    while (begin < end && !absl::ascii_isdigit(text[begin]) && text[begin] != '.') ++begin;
    if (begin > 0 && (text[begin - 1] == '$')) --begin;
    const bool is_signed = begin > 0 && text[begin - 1] == '-' &&
                           (begin == 1 || !absl::ascii_isalnum(text[begin - 2]));
    if (is_signed) --begin;
    if (end < text.size() && text[end] == '%') ++end;
    return Span{begin, end};
  }
  return std::nullopt;
}

std::optional<Announcement> FindAnnouncement(absl::string_view text) {
  std::optional<Announcement> last;
  constexpr absl::string_view kWord = "answer";
  for (size_t i = 0; i + kWord.size() <= text.size(); ++i) {
    if ((text[i] != 'a' && text[i] != 'A') || !StartsWithIgnoreCase(text, i, kWord)) continue;
    const bool is_final = i >= 6 && StartsWithIgnoreCase(text, i - 6, "final ");
    if (last && last->is_final && !is_final) continue;
    const size_t begin = AnnouncedBegin(text, i + kWord.size());
    if (begin == absl::string_view::npos || begin >= text.size()) continue;
    last = Announcement{{begin, begin}, is_final};
    i += kWord.size() - 1;
  }
  if (!last) return std::nullopt;
  last->span.end = SentenceEnd(text, last->span.begin);
  if (last->span.end == last->span.begin) return std::nullopt;
  return last;
}

std::optional<Span> FindOptionLine(absl::string_view text) {
  std::optional<Span> last;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    absl::string_view line = absl::StripAsciiWhitespace(text.substr(begin, end - begin));
    const bool is_bold = absl::ConsumePrefix(&line, "**") && absl::ConsumeSuffix(&line, "**");
    absl::string_view bare = line;
    const bool has_bracket = absl::ConsumePrefix(&bare, "(");
    const bool is_letter = !bare.empty() && bare[0] >= 'A' && bare[0] <= 'J';
    if (is_letter && bare.size() <= 2 && (is_bold || line.size() <= 3)) {
      const bool is_closed =
          bare.size() == 1 ? !has_bracket : bare[1] == ')' || (bare[1] == '.' && !has_bracket);
      const auto at = static_cast<size_t>(line.data() - text.data());
      if (is_closed) last = Span{at, at + line.size()};
    }
    begin = end + 1;
  }
  return last;
}

}  // namespace gyre::rewarder::math

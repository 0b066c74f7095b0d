#include "cli/run/styled_line.h"

#include "absl/strings/str_cat.h"

namespace gyre::cli {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

absl::string_view Escape(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kWarn:
      return "\x1b[33m";
    case Style::kAccent:
      return "\x1b[36m";
  }
  return "";
}

// The first `columns` characters.
absl::string_view Head(absl::string_view text, int columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    std::size_t next = end + 1;
    while (next < text.size() && IsContinuation(text[next])) ++next;
    if (columns-- == 0) break;
    end = next;
  }
  return text.substr(0, end);
}

}  // namespace

int Columns(absl::string_view text) {
  int columns = 0;
  for (const char c : text) columns += IsContinuation(c) ? 0 : 1;
  return columns;
}

StyledLine& StyledLine::Add(absl::string_view text, Style style) {
  pieces_.emplace_back(std::string(text), style);
  width_ += Columns(text);
  return *this;
}

StyledLine& StyledLine::PadTo(int column) {
  if (width_ < column) Add(std::string(static_cast<std::size_t>(column - width_), ' '));
  return *this;
}

std::string StyledLine::Render(int columns, bool with_escapes) const {
  std::string text;
  for (const auto& [piece, style] : pieces_) {
    if (columns <= 0) break;
    const absl::string_view shown = Head(piece, columns);
    columns -= Columns(shown);
    const absl::string_view escape = with_escapes ? Escape(style) : "";
    absl::StrAppend(&text, escape, shown, escape.empty() ? "" : "\x1b[0m");
  }
  return text;
}

}  // namespace gyre::cli

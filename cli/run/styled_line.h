#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace gyre::cli {

enum class Style { kPlain, kBold, kDim, kGood, kWarn, kAccent };

// A line of text in pieces of one style each. All characters are one column wide.
class StyledLine {
 public:
  StyledLine() = default;
  explicit StyledLine(absl::string_view text, Style style = Style::kPlain) { Add(text, style); }

  StyledLine& Add(absl::string_view text, Style style = Style::kPlain);
  // Blanks up to this column.
  StyledLine& PadTo(int column);
  int width() const { return width_; }

  // Cut at `columns`, with ANSI escapes or without.
  std::string Render(int columns, bool with_escapes) const;

 private:
  std::vector<std::pair<std::string, Style>> pieces_;
  int width_ = 0;
};

// Number of characters of UTF-8 text.
int Columns(absl::string_view text);

}  // namespace gyre::cli

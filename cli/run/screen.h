#pragma once

#include <string>
#include <vector>

#include "cli/run/styled_line.h"

namespace gyre::cli {

// A block of lines at the bottom of a terminal that is drawn over again and again; lines that stay
// scroll away above it. The cursor is hidden as long as the block is there. For one thread; the
// only writer to its descriptor.
class Screen {
 public:
  // A terminal's descriptor, such as that of standard output.
  Screen(int descriptor, bool with_colours)
      : descriptor_(descriptor), with_colours_(with_colours) {}
  // As Clear.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // The terminal's present size; 80 × 24 if it does not tell.
  int columns() const;
  int rows() const;

  // Replaces the block. Lines that do not fit are cut at the right and left out at the end.
  void Draw(const std::vector<StyledLine>& lines);
  // A line that stays, above the block.
  void Print(const StyledLine& line);
  // Takes the block away and shows the cursor.
  void Clear();

 private:
  std::string EraseBlock() const;
  void Write(const std::string& text);

  const int descriptor_;
  const bool with_colours_;
  int block_rows_ = 0;
  std::vector<StyledLine> block_;
};

}  // namespace gyre::cli

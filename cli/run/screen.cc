#include "cli/run/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"

namespace gyre::cli {
namespace {

constexpr absl::string_view kHideCursor = "\x1b[?25l";
constexpr absl::string_view kShowCursor = "\x1b[?25h";
constexpr absl::string_view kEraseBelow = "\x1b[J";
constexpr absl::string_view kEraseRight = "\x1b[K";

winsize SizeOf(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    size.ws_col = 80;
    size.ws_row = 24;
  }
  return size;
}

}  // namespace

Screen::~Screen() { Clear(); }

int Screen::columns() const { return SizeOf(descriptor_).ws_col; }
int Screen::rows() const { return SizeOf(descriptor_).ws_row; }

std::string Screen::EraseBlock() const {
  if (block_rows_ == 0) return "";
  // The cursor stands below the block.
  return absl::StrCat("\x1b[", block_rows_, "A\r", kEraseBelow);
}

void Screen::Draw(const std::vector<StyledLine>& lines) {
  const int columns = this->columns();
  const int shown = std::min<int>(static_cast<int>(lines.size()), std::max(1, rows() - 1));
  std::string text(kHideCursor);
  // Drawn over without erasing first, which would flicker.
  if (block_rows_ > 0) absl::StrAppend(&text, "\x1b[", block_rows_, "A\r");
  for (int i = 0; i < shown; ++i) {
    absl::StrAppend(&text, lines[i].Render(columns - 1, with_colours_), kEraseRight, "\n");
  }
  absl::StrAppend(&text, kEraseBelow);
  block_ = lines;
  block_rows_ = shown;
  Write(text);
}

void Screen::Print(const StyledLine& line) {
  Write(absl::StrCat(EraseBlock(), line.Render(1 << 20, with_colours_), "\n"));
  if (block_rows_ == 0) return;
  block_rows_ = 0;
  Draw(std::vector<StyledLine>(block_));
}

void Screen::Clear() {
  if (block_rows_ == 0) return;
  Write(absl::StrCat(EraseBlock(), kShowCursor));
  block_rows_ = 0;
}

void Screen::Write(const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(descriptor_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // the terminal is gone; the run goes on without it
    written += static_cast<std::size_t>(count);
  }
}

}  // namespace gyre::cli

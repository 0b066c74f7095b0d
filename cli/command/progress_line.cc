#include "cli/command/progress_line.h"

#include <unistd.h>

#include <cstdio>

namespace gyre::cli {

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) != 0) {}

void ProgressLine::Show(const std::string& text) const {
  if (is_terminal_) std::fprintf(stderr, "\r%s\033[K", text.c_str());
}

void ProgressLine::Clear() const {
  if (is_terminal_) std::fputs("\r\033[K", stderr);
}

}  // namespace gyre::cli

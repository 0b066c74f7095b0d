#include "cli/chat/console.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/write_all.h"

namespace gyre::cli {
namespace {

constexpr size_t kMostLineBytes = size_t{1} << 20;
constexpr char kPrompt[] = "> ";

}  // namespace

Console::Console(base::SignalWaiter& signals, bool with_colours)
    : signals_(signals),
      is_interactive_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0),
      writes_to_terminal_(isatty(STDOUT_FILENO) != 0),
      with_colours_(with_colours && writes_to_terminal_) {}

ReplyStyle Console::reply_style() const {
  return {.dims_thinking = with_colours_, .is_for_terminal = writes_to_terminal_};
}

absl::StatusOr<Console::Input> Console::ReadLine() {
  if (is_interactive_) GYRE_RETURN_IF_ERROR(Write(kPrompt));
  Input input{.event = Event::kLine, .line = ""};
  while (!TakeLine(input.line)) {
    if (at_end_) return Input{.event = Event::kEnd, .line = ""};
    pollfd descriptors[] = {{STDIN_FILENO, POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}};
    if (poll(descriptors, 2, /*timeout=*/-1) < 0) continue;  // EINTR
    if (const Event event = TakeSignal(); event != Event::kLine) {
      received_.clear();
      return Input{.event = event, .line = ""};
    }
    if (descriptors[0].revents != 0) GYRE_RETURN_IF_ERROR(Receive());
  }
  return input;
}

bool Console::TakeLine(std::string& line) {
  const size_t end = received_.find('\n');
  if (end == std::string::npos && (!at_end_ || received_.empty())) return false;
  // A terminal goes on after a Ctrl-D behind a text.
  if (end == std::string::npos && is_interactive_) at_end_ = false;
  line = received_.substr(0, end);
  received_.erase(0, end == std::string::npos ? end : end + 1);
  if (line.ends_with('\r')) line.pop_back();
  ++line_number_;
  return true;
}

absl::Status Console::Receive() {
  char bytes[4096];
  const ssize_t size = read(STDIN_FILENO, bytes, sizeof(bytes));
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return absl::OkStatus();
  at_end_ = size <= 0;  // a terminal that is gone gives an error
  if (size > 0) received_.append(bytes, static_cast<size_t>(size));
  if (received_.size() > kMostLineBytes) {
    ++line_number_;
    return AtLine(absl::ResourceExhaustedError("is longer than 1 MiB"));
  }
  return absl::OkStatus();
}

Console::Event Console::TakeSignal() {
  const std::optional<int> signal = signals_.WaitUntil(absl::InfinitePast());
  return signal.has_value() ? EventOf(*signal) : Event::kLine;
}

Console::Event Console::EventOf(int signal) const {
  return signal == SIGINT && is_interactive_ ? Event::kInterrupted : Event::kStopped;
}

absl::Status Console::Write(std::string_view text) {
  if (base::WriteAll(STDOUT_FILENO, text, "standard output").ok()) return absl::OkStatus();
  return absl::UnavailableError("standard output cannot be written to");
}

absl::Status Console::Note(std::string_view text) {
  if (is_interactive_) {
    return Write(with_colours_ ? "\x1b[2m" + std::string(text) + "\x1b[0m\n"
                               : std::string(text) + "\n");
  }
  std::fprintf(stderr, "gyre chat: line %s: %s\n", absl::StrCat(line_number_).c_str(),
               std::string(text).c_str());
  return absl::OkStatus();
}

absl::Status Console::AtLine(const absl::Status& status) const {
  return absl::Status(status.code(), absl::StrCat("line ", line_number_, ": ", status.message()));
}

}  // namespace gyre::cli

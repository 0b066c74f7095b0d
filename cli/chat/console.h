#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/process_signal.h"
#include "cli/chat/reply_text.h"

namespace gyre::cli {

// Where a chat takes place: standard input and output, and the signals that reach the program. It
// is interactive if both are a terminal: then there are prompts and notes between the replies, and
// Ctrl-C is a word of the conversation. Otherwise standard output has the replies alone, notes go
// to standard error, and Ctrl-C ends the program. For the main thread.
class Console {
 public:
  // `signals` must outlive it. `with_colours`: whether the user wants any, on a terminal.
  Console(base::SignalWaiter& signals, bool with_colours);

  bool is_interactive() const { return is_interactive_; }
  ReplyStyle reply_style() const;

  enum class Event {
    kLine,
    kInterrupted,  // Ctrl-C; what had been typed is gone
    kEnd,          // no line comes any more: Ctrl-D, the end of the file
    kStopped,      // a signal says that the program shall end
  };
  struct Input {
    Event event = Event::kEnd;
    std::string line;  // without its end
  };
  // The next line; a prompt before it if interactive. Blocks until there is something: a person
  // may think for as long as it takes. RESOURCE_EXHAUSTED: the line is longer than 1 MiB.
  absl::StatusOr<Input> ReadLine();

  // What signals have asked for since the last call: kLine if nothing. Does not block.
  Event TakeSignal();

  // UNAVAILABLE: standard output cannot be written to.
  absl::Status Write(std::string_view text);
  // A line about the chat, not of it.
  absl::Status Note(std::string_view text);
  // Where the last line stood: "line 3: …". INVALID_ARGUMENT and the like keep their code.
  absl::Status AtLine(const absl::Status& status) const;

 private:
  // Takes a line out of received_, if there is a whole one.
  bool TakeLine(std::string& line);
  // Appends to received_, or sees the end.
  absl::Status Receive();
  Event EventOf(int signal) const;

  base::SignalWaiter& signals_;
  const bool is_interactive_;
  const bool writes_to_terminal_;
  const bool with_colours_;
  std::string received_;
  bool at_end_ = false;
  uint64_t line_number_ = 0;
};

}  // namespace gyre::cli

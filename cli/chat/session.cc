#include "cli/chat/session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "base/counter_rng.h"
#include "base/status_macros.h"

namespace gyre::cli {
namespace {

constexpr char kCommands[] =
    "/new forgets the conversation; /exit or Ctrl-D ends; Ctrl-C stops a reply";
// How long a Ctrl-C may wait while no token comes.
constexpr absl::Duration kLookForSignals = absl::Milliseconds(50);

// "/word": meant for this program, not for the model.
bool LooksLikeCommand(absl::string_view line) {
  return line.size() > 1 && line[0] == '/' &&
         std::all_of(line.begin() + 1, line.end(), absl::ascii_isalpha);
}

}  // namespace

ChatSession::ChatSession(const Options& options, std::shared_ptr<const text::Tokenizer> tokenizer,
                         Conversation conversation, engine::EngineDriver& driver, Console& console)
    : options_(options),
      tokenizer_(std::move(tokenizer)),
      conversation_(std::move(conversation)),
      driver_(driver),
      console_(console) {}

absl::Status ChatSession::Run() {
  if (console_.is_interactive()) GYRE_RETURN_IF_ERROR(console_.Note(kCommands));
  bool was_interrupted = false;
  while (true) {
    GYRE_ASSIGN_OR_RETURN(const Console::Input input, console_.ReadLine());
    switch (input.event) {
      case Console::Event::kStopped:
        return absl::CancelledError("stopped by a signal");
      case Console::Event::kEnd:
        return console_.is_interactive() ? console_.Write("\n") : absl::OkStatus();
      case Console::Event::kInterrupted:
        GYRE_RETURN_IF_ERROR(console_.Write("\n"));
        if (was_interrupted) return absl::OkStatus();
        GYRE_RETURN_IF_ERROR(console_.Note("Ctrl-C once more, or Ctrl-D, ends the chat"));
        was_interrupted = true;
        break;
      case Console::Event::kLine:
        was_interrupted = false;
        GYRE_ASSIGN_OR_RETURN(const bool is_over, TakeLine(input.line));
        if (is_over) return absl::OkStatus();
        break;
    }
  }
}

absl::StatusOr<bool> ChatSession::TakeLine(const std::string& line) {
  const absl::string_view command = absl::StripAsciiWhitespace(line);
  if (command.empty()) return false;
  if (command == "/exit") return true;
  if (command == "/new") {
    conversation_.Forget();
    if (console_.is_interactive()) GYRE_RETURN_IF_ERROR(console_.Note("a new conversation"));
    return false;
  }
  if (LooksLikeCommand(command)) {
    GYRE_RETURN_IF_ERROR(Refuse(absl::InvalidArgumentError(
        absl::StrCat("there is no command ", command, "; ", kCommands))));
    return false;
  }
  GYRE_RETURN_IF_ERROR(Answer(line));
  return false;
}

absl::Status ChatSession::Answer(const std::string& question) {
  const absl::StatusOr<Conversation::Prompt> prompt = conversation_.Ask(question);
  if (!prompt.ok()) return Refuse(prompt.status());
  absl::StatusOr<engine::GenerationRequest> request = RequestOf(*prompt);
  if (!request.ok()) return Refuse(request.status());
  const int32_t most_tokens = request->max_response_tokens;

  if (turns_++ > 0 && !console_.is_interactive()) GYRE_RETURN_IF_ERROR(console_.Write("\n"));
  Reply reply(*tokenizer_, prompt->begins_thinking, console_.reply_style());
  GYRE_ASSIGN_OR_RETURN(const std::shared_ptr<engine::GenerationStream> stream,
                        driver_.Submit(*std::move(request)));
  const absl::StatusOr<Ending> ending = Stream(*stream, reply);
  if (!ending.ok() || *ending == Ending::kInterrupted) driver_.Cancel(*stream).IgnoreError();
  GYRE_RETURN_IF_ERROR(console_.Write(reply.End()));
  if (!ending.ok()) return ending.status();
  // An unfinished thought would stand in the history as an answer.
  if (reply.has_answer()) conversation_.Keep(question, reply.written());
  return NoteEnding(*ending, most_tokens, reply.has_answer());
}

absl::StatusOr<engine::GenerationRequest> ChatSession::RequestOf(
    const Conversation::Prompt& prompt) {
  const int64_t left = options_.room.positions - static_cast<int64_t>(prompt.tokens.size());
  if (left < 1) {
    return absl::ResourceExhaustedError(absl::StrCat("the conversation has ", prompt.tokens.size(),
                                                     " tokens with this, but ", options_.room.bound,
                                                     "; /new forgets what was said"));
  }
  return engine::GenerationRequest{
      .id = 0,
      .random_key = base::CounterRng({options_.seed, "chat", turns_}).key(),
      .prompt = prompt.tokens,
      .samples = 1,
      .max_response_tokens = static_cast<int32_t>(std::min<int64_t>(options_.max_tokens, left)),
      .sampling = options_.sampling,
      .eos_ids = conversation_.end_tokens(),
      .stop = nullptr,
      .pinned_policy = nullptr};
}

absl::StatusOr<ChatSession::Ending> ChatSession::Stream(engine::GenerationStream& stream,
                                                        Reply& reply) {
  const std::vector<int32_t>& ends = conversation_.end_tokens();
  Ending ending = Ending::kFinished;
  while (true) {
    const absl::StatusOr<engine::GenerationEvent> event =
        stream.Next(absl::Now() + kLookForSignals);
    if (absl::IsOutOfRange(event.status())) return ending;
    if (!event.ok() && !absl::IsDeadlineExceeded(event.status())) return event.status();
    if (event.ok()) {
      const auto* token = std::get_if<engine::NewToken>(&*event);
      if (token == nullptr) {
        const auto& finished = std::get<engine::FinishedSample>(*event);
        if (finished.finish_reason == LENGTH) ending = Ending::kFull;
      } else if (std::find(ends.begin(), ends.end(), token->token) == ends.end()) {
        GYRE_RETURN_IF_ERROR(console_.Write(reply.Add(token->token)));
      }
    }
    switch (console_.TakeSignal()) {
      case Console::Event::kInterrupted:
        return Ending::kInterrupted;
      case Console::Event::kStopped:
        return absl::CancelledError("stopped by a signal");
      default:
        break;
    }
  }
}

absl::Status ChatSession::NoteEnding(Ending ending, int32_t tokens, bool is_kept) {
  std::string note;
  if (ending == Ending::kInterrupted) note = "stopped";
  if (ending == Ending::kFull) {
    note = tokens == options_.max_tokens
               ? absl::StrCat("the reply ends here: --max-tokens is ", tokens)
               : absl::StrCat("the reply ends here: ", options_.room.bound);
  }
  if (!is_kept) {
    absl::StrAppend(&note, note.empty() ? "" : "; ", "without an answer the turn is forgotten");
  }
  return note.empty() ? absl::OkStatus() : console_.Note(note);
}

absl::Status ChatSession::Refuse(const absl::Status& why) {
  return console_.is_interactive() ? console_.Note(std::string(why.message()))
                                   : console_.AtLine(why);
}

}  // namespace gyre::cli

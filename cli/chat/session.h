#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/chat/console.h"
#include "cli/chat/conversation.h"
#include "cli/chat/reply.h"
#include "engine/engine_driver.h"
#include "engine/sampling.h"
#include "text/tokenizer.h"

namespace gyre::cli {

// How many positions a conversation with its next reply may take, and what bounds them.
struct ChatRoom {
  int64_t positions = 0;
  std::string bound;  // "the model has 2048 positions"
};

// A chat from the first line to the last: commands, questions, replies. On the main thread.
class ChatSession {
 public:
  struct Options {
    int32_t max_tokens = 0;  // of a reply
    engine::Sampling sampling;
    uint64_t seed = 0;
    ChatRoom room;
  };

  // `driver`, which has a policy, and `console` must outlive it.
  ChatSession(const Options& options, std::shared_ptr<const text::Tokenizer> tokenizer,
              Conversation conversation, engine::EngineDriver& driver, Console& console);

  // Blocks until the chat is over. CANCELLED: a signal ended it. UNAVAILABLE: standard output
  // cannot be written to. Of a question that cannot be answered a person is told; elsewhere it ends
  // the chat, and the error names the line.
  absl::Status Run();

 private:
  enum class Ending { kFinished, kFull, kInterrupted };

  // True: the chat is over.
  absl::StatusOr<bool> TakeLine(const std::string& line);
  absl::Status Answer(const std::string& question);
  // The request that continues the prompt, for as long as there is room.
  absl::StatusOr<engine::GenerationRequest> RequestOf(const Conversation::Prompt& prompt);
  // Writes the reply as it comes.
  absl::StatusOr<Ending> Stream(engine::GenerationStream& stream, Reply& reply);
  absl::Status NoteEnding(Ending ending, int32_t tokens, bool is_kept);
  absl::Status Refuse(const absl::Status& why);

  const Options options_;
  const std::shared_ptr<const text::Tokenizer> tokenizer_;
  Conversation conversation_;
  engine::EngineDriver& driver_;
  Console& console_;
  uint64_t turns_ = 0;
};

}  // namespace gyre::cli

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "base/process_signal.h"
#include "engine/sampling.h"

namespace gyre::cli {

// What `gyre chat` is asked for.
struct ChatOptions {
  std::string model;          // an HF folder or a .gguf file, with a chat template
  std::string system;         // instructions; empty: those of the template, if it has any
  int32_t max_tokens = 2048;  // of a reply
  engine::Sampling sampling = {.temperature = 0.7f, .truncation = {}};
  uint64_t seed = 1;
  int threads = 1;
  int64_t kv_memory_bytes = int64_t{1} << 30;
  bool guesses_template = false;  // takes the family whose marks an unknown template has
  bool with_colours = true;       // on a terminal
};

// Loads the model and chats on standard input and output until the chat is over. On the main
// thread; `signals` was created before any other thread. Errors name the file or the option; those
// of ChatSession::Run.
absl::Status Chat(const ChatOptions& options, base::SignalWaiter& signals);

}  // namespace gyre::cli

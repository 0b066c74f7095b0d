// gyre-chat, which `gyre chat` runs: a chat with a model on a terminal, or a line of standard input
// at a time. Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <limits>

#include "base/process_signal.h"
#include "cli/chat/chat.h"
#include "cli/command/command_line.h"

namespace gyre::cli {
namespace {

void Declare(CLI::App& app, ChatOptions& options, int& kv_memory_mib) {
  app.add_option("--model", options.model, "HF folder or .gguf file")->required();
  app.add_option("--system", options.system, "instructions; else those of the model's template");
  app.add_option("--max-tokens", options.max_tokens, "of a reply")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
  app.add_option("--temperature", options.sampling.temperature, "0: greedy")->capture_default_str();
  app.add_option("--top-k", options.sampling.truncation.top_k, "likeliest tokens; 0: all");
  app.add_option("--top-p", options.sampling.truncation.top_p, "of the probability");
  app.add_option("--min-p", options.sampling.truncation.min_p, "of the likeliest token's");
  app.add_option("--seed", options.seed, "of the draws")
      ->check(CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max()));
  AddThreads(app, options.threads);
  app.add_option("--kv-memory-mib", kv_memory_mib, "of the key-value cache, at most")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
  app.add_flag("--guess-template", options.guesses_template,
               "take the family whose marks an unknown chat template has");
}

int Run(int argc, char** argv) {
  ChatOptions options;
  int kv_memory_mib = 1024;
  CLI::App app{"Chats with a model: its thinking is dimmed, Ctrl-C stops a reply, Ctrl-D ends"};
  app.name("gyre chat");
  Declare(app, options, kv_memory_mib);
  if (const auto exit_code = ParseCommand(app, argc, argv)) return *exit_code;
  options.kv_memory_bytes = int64_t{kv_memory_mib} << 20;
  // https://no-color.org
  const char* no_color = std::getenv("NO_COLOR");
  options.with_colours = no_color == nullptr || *no_color == '\0';
  auto signals = base::SignalWaiter::Create();
  if (!signals.ok()) return Ended("chat", signals.status());
  return Ended("chat", Chat(options, *signals));
}

}  // namespace
}  // namespace gyre::cli

int main(int argc, char** argv) { return gyre::cli::Run(argc, argv); }

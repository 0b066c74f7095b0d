// What the mains of the commands have in common. Their exit codes: 0 done, 1 failed (one line on
// standard error says why), 2 wrong usage.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace gyre::cli {

inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

// Reads the command line of a command whose name and options `app` declares. What main returns at
// once: 0 after --help, which is printed; 2 for wrong usage, which is told. Nothing if the command
// goes on.
std::optional<int> ParseCommand(CLI::App& app, int argc, char** argv);

// --threads: those that compute. By itself as many as the machine has.
void AddThreads(CLI::App& app, int& threads);

// The exit code of `gyre NAME`; a failure is told as "gyre NAME: message".
int Ended(std::string_view name, const absl::Status& status);

// The same for a command that is done, once all that it has printed has gone out: a full disk
// behind standard output is a failure, too.
int Flushed(std::string_view name);

// Prints the line with which `gyre NAME` ends on standard output, then Flushed.
int EndedWithLine(std::string_view name, const std::string& line);

}  // namespace gyre::cli

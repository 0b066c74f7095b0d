#pragma once

#include <string>

#include "cli/run/run_command.h"

namespace gyre::cli {

// The command that goes on with a run that was started with these options, as a shell takes it from
// the present folder.
std::string ResumeCommand(const RunOptions& options);

// One word of a command, in quotes where the shell would take it for something else.
std::string ShellWord(const std::string& text);

}  // namespace gyre::cli

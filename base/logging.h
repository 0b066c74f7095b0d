#pragma once

#include <string>

#include "absl/status/status.h"

namespace gyre::base {

struct LoggingOptions {
  // The least level that is written: trace, debug, info, warning, error or critical.
  std::string level = "info";
  // A JSON object a line {"time", "level", "role", "pid", "message"} instead of plain text.
  bool json = false;
  // Appended to; empty means standard error. Its folder is made.
  std::string file = {};
};

// Sets up spdlog's default logger, which all code uses (spdlog::info("...")), for a process of this
// role ("actor 2"). Times are UTC. Each line is written out at once, so a killed process loses
// none. Called by main before threads start. INVALID_ARGUMENT for an unknown level; for a file that
// cannot be written, the system's reason.
absl::Status InitLogging(const std::string& role, const LoggingOptions& options);

}  // namespace gyre::base

#include "cli/command/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>

namespace gyre::cli {
namespace {

constexpr int kMostThreads = 1024;

}  // namespace

std::optional<int> ParseCommand(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  return std::nullopt;
}

void AddThreads(CLI::App& app, int& threads) {
  threads = static_cast<int>(
      std::clamp(std::thread::hardware_concurrency(), 1u, static_cast<unsigned>(kMostThreads)));
  app.add_option("--threads", threads, "that compute")
      ->check(CLI::Range(1, kMostThreads))
      ->capture_default_str();
}

int Ended(std::string_view name, const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "gyre %s: %s\n", std::string(name).c_str(),
               std::string(status.message()).c_str());
  return kFailed;
}

int Flushed(std::string_view name) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  return Ended(name, absl::UnavailableError("standard output cannot be written to"));
}

int EndedWithLine(std::string_view name, const std::string& line) {
  std::puts(line.c_str());
  return Flushed(name);
}

}  // namespace gyre::cli

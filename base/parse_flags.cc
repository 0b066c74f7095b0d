#include "base/parse_flags.h"

#include <CLI/CLI.hpp>
#include <cstdio>

namespace gyre::base {
namespace {

constexpr int kWrongUsage = 2;

}  // namespace

std::optional<int> ParseFlags(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::fprintf(stderr, "%s: %s; see --help\n", app.get_name().c_str(), error.what());
    return kWrongUsage;
  }
  return std::nullopt;
}

}  // namespace gyre::base

#pragma once

#include <optional>

namespace CLI {
class App;
}

namespace gyre::base {

// Reads the command line of a program whose name and options `app` declares. What main returns at
// once: 0 after --help, which is printed; 2 for wrong usage, with one line on standard error.
// Nothing if the program goes on.
std::optional<int> ParseFlags(CLI::App& app, int argc, char** argv);

}  // namespace gyre::base

#pragma once

#include <string>
#include <vector>

namespace gyre::cli {

struct RunOptions {
  std::string spec_path;
  std::string run_dir;
  std::vector<std::string> overrides;  // "stage[1].rl.steps=5"
  bool resume = false;
  bool quiet = false;
  bool serve_metrics = false;
  int port = 0;               // of the coordinator; 0: a free one
  std::string binary_folder;  // where the roles' binaries stand
  bool is_terminal = false;   // standard output is one
  bool with_colours = false;
};

// `gyre run`: a whole run on this machine, from its spec to its report. Returns the exit code: 0
// done, 1 failed (standard error says why), 130 stopped by a signal, resumable. For main, before
// any thread is started.
int RunCommand(const RunOptions& options);

}  // namespace gyre::cli

#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "cli/run/run_progress.h"

namespace gyre::cli {

// Where a run tells how it goes. For one thread.
class RunView {
 public:
  virtual ~RunView() = default;
  // After each look at the run, several times a second.
  virtual void Show(const RunProgress& progress, absl::Duration silence, absl::Time now) = 0;
  // Something that happened, to be read later too.
  virtual void Tell(const std::string& sentence) = 0;
  // Nothing more is shown; later output follows on a line of its own.
  virtual void End() = 0;
};

// Redraws in place on the terminal that is standard output.
std::unique_ptr<RunView> MakeLiveView(bool with_colours);
// Lines on standard output: one every few seconds, one an evaluation, one a stage.
std::unique_ptr<RunView> MakePlainView();
// Only what is told, on standard error.
std::unique_ptr<RunView> MakeQuietView();

}  // namespace gyre::cli

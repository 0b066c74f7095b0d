#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/run/run_progress.h"

namespace gyre::cli {

// A run as a sequence of lines, for logs and pipes: one when a stage begins, one an evaluation,
// one when it stands still and one when it goes on, and one every ten seconds. For one thread.
class PlainLines {
 public:
  // What there is to say now that has not been said.
  std::vector<std::string> Next(const RunProgress& progress, absl::Duration silence,
                                absl::Time now);

 private:
  std::string stage_;
  std::string trouble_;
  int evals_ = 0;
  absl::Time next_ = absl::InfinitePast();
};

// "step 10 of zero: accuracy 0.391, majority 0.52, ..."
std::string EvalSentence(const EvalResult& eval);

}  // namespace gyre::cli

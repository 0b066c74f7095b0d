#pragma once

#include <cstdint>
#include <vector>

#include "data/countdown.h"
#include "data/example_source.h"

namespace gyre::data {

// How a trace searches. With the defaults a third of the traces ends solved; a model that imitates
// them cannot know the solving try and gets about a fifth right.
struct CountdownTraceOptions {
  double p_solving_next = 0.05;   // that a try is the solving one, besides its place in the line
  double p_stop = 0.6;            // after each wrong try
  double p_stop_patient = 0.05;   // the same, in patient traces
  double patient_fraction = 0.1;  // of the traces
  int max_tries = 12;
};

// Endless random searches over given problems, right or wrong at the end:
//   <think>5*7=35,35-6=29 vs 37 no\n5+6=11,… vs 37 yes\n</think><answer>(…)</answer><eos>
// The tries are those of value 10 and more, in random order, one a value; "yes" ends the trace, the
// answer is the last try.
class CountdownTraces : public ExampleSource {
 public:
  // `problems` must not be empty.
  CountdownTraces(std::vector<CountdownProblem> problems, uint64_t seed,
                  CountdownTraceOptions options = {});

  Example Get(uint64_t index) const override;

 private:
  std::vector<CountdownProblem> problems_;
  uint64_t seed_;
  CountdownTraceOptions options_;
};

}  // namespace gyre::data

#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "proto/coordinator.pb.h"

namespace gyre::cli {

// What `gyre eval` is asked for.
struct EvalOptions {
  std::string model;          // an HF folder
  std::string problems;       // an address of the run spec: "countdown:held_out" or a .jsonl file
  uint64_t max_problems = 0;  // the first so many; 0: all
  uint32_t samples = 1;       // a problem
  uint32_t max_tokens = 256;  // of a response
  float temperature = 1;      // 0: greedy
  uint64_t seed = 1;
  std::string prompt_template = "PLAIN";  // a value of RlSpec.Template
  int32_t max_sequences = 256;            // that are decoded together
  std::string out;                        // a line a sample; empty: not written
};

// Samples answers, judges them by the rewarder's rules and writes them. `progress` is called now
// and then with the number of finished samples and of all. Blocks until done.
// Errors name the file or the option.
absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options,
                                    absl::FunctionRef<void(uint64_t, uint64_t)> progress);

}  // namespace gyre::cli

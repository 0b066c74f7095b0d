#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace gyre::cli {

// What `gyre score` is asked for.
struct ScoreOptions {
  std::string model;          // an HF folder or a .gguf file
  std::string in;             // JSON Lines with "tokens"
  std::string out;            // the same lines with "logprobs"
  float temperature = 1;      // above 0; log-probs are under softmax(logits / temperature)
  int64_t batch_rows = 2048;  // tokens that are computed together; a longer line by itself
  int threads = 1;            // that compute
};

struct ScoreResult {
  int64_t sequences = 0;
  int64_t tokens = 0;      // of all lines
  double sum_logprob = 0;  // of those that have one: all but each line's first
  double seconds = 0;      // without loading the model
};

// Scores every line by the forward pass that the learner trains with, and writes them in their
// order. `progress` is called after each batch. `out` appears whole at the end or not at all.
// Blocks until done. Errors name the file, and the line: "F.jsonl:3: …".
absl::StatusOr<ScoreResult> Score(const ScoreOptions& options,
                                  absl::FunctionRef<void(const ScoreResult&)> progress);

}  // namespace gyre::cli

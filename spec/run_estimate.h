#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/run_spec.pb.h"

namespace gyre::spec {

// What a run will do, before it does it.
struct StageEstimate {
  std::string name;
  std::string kind;  // "sft" or "rl"
  uint64_t steps = 0;
  uint64_t updates = 0;        // of the optimizer
  uint64_t train_samples = 0;  // examples, or sampled responses
  uint64_t train_tokens_bound =
      0;  // at most so many tokens are trained on (prompts included for sft)
  uint64_t evaluations = 0;
  uint64_t eval_samples = 0;
  uint64_t eval_tokens_bound = 0;  // generated at most
};

struct RunEstimate {
  int64_t parameters = 0;
  uint64_t checkpoint_bytes = 0;  // of one: weights and both moments of AdamW, in f32
  std::vector<StageEstimate> stages;
  std::vector<std::string> files;  // that the run reads
};

// The spec must be valid and resolved. Errors: a file that it names cannot be read.
absl::StatusOr<RunEstimate> EstimateRun(const RunSpec& spec);

// For people: a table of the stages, and below it the files.
std::string FormatEstimate(const RunSpec& spec, const RunEstimate& estimate);

}  // namespace gyre::spec

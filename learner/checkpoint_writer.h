// Writes checkpoints (checkpoint.h). For one thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "base/digest.h"
#include "learner/checkpoint.h"
#include "learner/optimizer_state.h"
#include "model/parameters.h"
#include "text/tokenizer_files.h"

namespace gyre::learner {

// What a checkpoint is made of; all borrowed.
struct CheckpointParts {
  CheckpointPosition position;
  const model::Parameters& parameters;
  base::Sha256Digest policy_digest;  // of `parameters`
  const text::TokenizerFiles& tokenizer_files;
  const OptimizerState& optimizer;
  const model::Parameters* reference = nullptr;
  uint32_t attempt = 0;  // of the ranks; two that write at once then do not meet
};

// Durable on OK, at RUN_DIR/CheckpointFolder(version). Blocks on the disk only. After an error
// (RESOURCE_EXHAUSTED: the disk is full; FAILED_PRECONDITION: a weight is no finite number) the
// place holds what it held before, and nothing half written stays.
absl::Status WriteCheckpoint(const std::string& run_dir, const CheckpointParts& parts);

// Removes what killed learners left behind: what is half written, and whole ones of versions above
// `newest`, the last that the ledger names. Of other ranks only those may be writing that the
// coordinator does not listen to any more.
absl::Status RemoveStrayCheckpoints(const std::string& run_dir, int64_t newest);

}  // namespace gyre::learner

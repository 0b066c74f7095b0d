// A checkpoint: all that a learner needs to go on from a version. On disk it is a folder
//
//   config.json, generation_config.json,
//   model.safetensors, tokenizer files     an HF folder
//   optimizer-00000.safetensors            moments, keyed by tensor and rows, so that any number of
//                                          ranks can read them
//   reference.safetensors                  parameters of the KL term's reference; only where a
//                                          stage has one
//   manifest.json                          which version it is, counts, a SHA-256 of every tensor,
//                                          of every other file, and of itself
//
// under RUN_DIR/checkpoints/step-VERSION. It appears whole or not at all: it is written beside its
// place (step-VERSION.attempt-N.tmp), made durable, and renamed. The ledger says which one counts;
// one that the ledger does not name is written over without a word. The coordinator removes those
// that are not kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "learner/optimizer_state.h"
#include "model/parameters.h"

namespace gyre::learner {

// Which point of the run it holds.
struct CheckpointPosition {
  int64_t version = 0;
  uint32_t stage = 0;      // index in the spec: of the step that made the version
  std::string stage_name;  // for people
  uint32_t steps = 0;      // of that stage that are done
  bool operator==(const CheckpointPosition&) const = default;
};

// Rows of a tensor's moments; as OptimizerShard, but owns its floats.
struct StoredShard {
  std::string tensor;
  int64_t first_row = 0;
  int64_t num_rows = 0;
  std::vector<float> first_moment;
  std::vector<float> second_moment;
};

struct Checkpoint {
  CheckpointPosition position;
  model::Parameters parameters;
  OptimizerCounts counts;
  std::vector<StoredShard> shards;
  std::optional<model::Parameters> reference;

  std::vector<OptimizerShard> Shards() const;
};

// "checkpoints/step-12", relative to the run directory.
std::string CheckpointFolder(int64_t version);

}  // namespace gyre::learner

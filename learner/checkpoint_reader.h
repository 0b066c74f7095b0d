// Reads checkpoints (checkpoint.h) and Hugging Face folders, and believes nothing that has a digest
// until it comes out. Any thread; blocks on the disk only.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "learner/checkpoint.h"
#include "model/parameters.h"

namespace gyre::learner {

// Errors name the file, the tensor where it is one, and what to do:
//   NOT_FOUND   there is no such checkpoint
//   DATA_LOSS   a file is damaged, or the weights are not those that `policy_digest` names (its
//               bytes as the ledger has them; empty: unknown)
//   INVALID_ARGUMENT  they are, and no finite numbers: they were so when they were written
absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& folder,
                                          const std::string& policy_digest);

// The weights alone, of an HF folder; if it is a checkpoint its digests are checked. Errors as
// above, or those of weights/hf_folder.h.
absl::StatusOr<model::Parameters> ReadParameters(const std::string& folder);

// The root digest of proto/policy.proto.
base::Sha256Digest PolicyDigest(const model::Parameters& parameters);

}  // namespace gyre::learner

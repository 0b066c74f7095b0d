// manifest.json of a checkpoint (checkpoint.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "learner/checkpoint.h"
#include "learner/optimizer_state.h"

namespace gyre::learner {

inline constexpr char kCheckpointManifestFile[] = "manifest.json";

struct CheckpointManifest {
  struct Shard {
    std::string tensor;
    int64_t first_row = 0;
    int64_t num_rows = 0;
    std::string file;  // that holds its moments, under these names:
    std::string first_moment;
    std::string second_moment;
  };

  CheckpointPosition position;
  base::Sha256Digest policy_digest;  // of the parameters (proto/policy.proto)
  OptimizerCounts counts;
  std::vector<Shard> shards = {};
  bool has_reference = false;
  // Safetensors file → tensor → SHA-256 of its bytes.
  std::map<std::string, std::map<std::string, base::Sha256Digest>> digests = {};
  // Any other file of the folder but the manifest → SHA-256 of its bytes.
  std::map<std::string, base::Sha256Digest> files = {};
};

// Always the same bytes for the same manifest. The last key is the SHA-256 of the rest.
std::string ToJson(const CheckpointManifest& manifest);
// INVALID_ARGUMENT says what is wrong in it; also if it is not as it was written.
absl::StatusOr<CheckpointManifest> ParseCheckpointManifest(std::string_view json);

}  // namespace gyre::learner

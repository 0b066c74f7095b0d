#include "learner/checkpoint.h"

#include "absl/strings/str_cat.h"

namespace gyre::learner {

std::vector<OptimizerShard> Checkpoint::Shards() const {
  std::vector<OptimizerShard> views;
  for (const StoredShard& shard : shards) {
    views.push_back({.tensor = shard.tensor,
                     .first_row = shard.first_row,
                     .num_rows = shard.num_rows,
                     .first_moment = shard.first_moment,
                     .second_moment = shard.second_moment});
  }
  return views;
}

std::string CheckpointFolder(int64_t version) { return absl::StrCat("checkpoints/step-", version); }

}  // namespace gyre::learner

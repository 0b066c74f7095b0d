#include "coordinator/checkpoint_list.h"

#include "absl/strings/str_cat.h"

namespace gyre::coordinator {

std::string CheckpointFolder(int64_t version) { return absl::StrCat("checkpoints/step-", version); }

std::vector<CheckpointRow> CheckpointList::Add(CheckpointRow row) {
  std::vector<CheckpointRow> changed = {row};
  checkpoints_.insert_or_assign(row.version, row);
  // Newest first; those of stage ends count among the newest, but stay when they no longer are.
  uint32_t newer = 0;
  for (auto at = checkpoints_.rbegin(); at != checkpoints_.rend(); ++at) {
    if (newer++ < kept_ || at->second.stage_end || at->second.removed) continue;
    at->second.removed = true;
    changed.push_back(at->second);
  }
  return changed;
}

const CheckpointRow* CheckpointList::Find(int64_t version) const {
  const auto found = checkpoints_.find(version);
  return found == checkpoints_.end() ? nullptr : &found->second;
}

}  // namespace gyre::coordinator

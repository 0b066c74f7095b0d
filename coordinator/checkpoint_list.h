#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/ledger_rows.h"

namespace gyre::coordinator {

// Where the checkpoint of a version stands, relative to the run directory: "checkpoints/step-12".
std::string CheckpointFolder(int64_t version);

// The checkpoints that the ledger names. The newest is where a learner starts; those at a stage's
// end are kept for good, of the others the newest few. Part of the ledger; not thread-safe.
class CheckpointList {
 public:
  explicit CheckpointList(uint32_t kept) : kept_(kept) {}

  // Returns the rows to store: the new one, and those that are no longer kept (`removed`).
  std::vector<CheckpointRow> Add(CheckpointRow row);
  void Restore(const CheckpointRow& row) { checkpoints_.insert_or_assign(row.version, row); }

  // Null: no checkpoint yet.
  const CheckpointRow* Newest() const {
    return checkpoints_.empty() ? nullptr : &checkpoints_.rbegin()->second;
  }
  // 0 without a checkpoint.
  int64_t covered_version() const { return Newest() == nullptr ? 0 : Newest()->version; }
  const CheckpointRow* Find(int64_t version) const;
  const std::map<int64_t, CheckpointRow>& all() const { return checkpoints_; }

 private:
  const uint32_t kept_;
  std::map<int64_t, CheckpointRow> checkpoints_;
};

}  // namespace gyre::coordinator

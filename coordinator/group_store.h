#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "coordinator/ledger_rows.h"

namespace gyre::coordinator {

// Payloads of accepted groups, one file a stage and step. All methods may be called from any
// thread. Errors name the file.
class GroupStore {
 public:
  virtual ~GroupStore() = default;

  // Not durable before the next Sync. After an error the file is as before.
  virtual absl::StatusOr<PayloadPlace> Append(uint32_t stage, uint32_t step,
                                              std::string_view payload) = 0;
  // What was appended before the call is durable on OK. Blocks on the disk.
  virtual absl::Status Sync() = 0;
  // DATA_LOSS: the bytes at this place are not those that were appended.
  virtual absl::StatusOr<std::string> Read(const PayloadPlace& place) const = 0;
  // Removes the payloads of a step; none is OK.
  virtual absl::Status Remove(uint32_t stage, uint32_t step) = 0;
};

// "stage-1-step-000042.groups".
std::string PayloadFileName(uint32_t stage, uint32_t step);

// In memory, for tests and the simulator.
class MemoryGroupStore final : public GroupStore {
 public:
  absl::StatusOr<PayloadPlace> Append(uint32_t stage, uint32_t step,
                                      std::string_view payload) override;
  absl::Status Sync() override;
  absl::StatusOr<std::string> Read(const PayloadPlace& place) const override;
  absl::Status Remove(uint32_t stage, uint32_t step) override;

  // What a crash does: everything after the last Sync is gone.
  void LoseUnsynced();
  uint64_t files() const;

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, std::vector<std::string>> files_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, size_t> synced_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::coordinator

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "coordinator/group_store.h"

namespace gyre::coordinator {

// Payloads under run_dir/groups, append-only. A payload is a frame: its length and its CRC-32C as
// little-endian u32, then its bytes. The ledger's rows say how far a file is acknowledged; what
// stands behind is a torn tail of a killed process and is cut off when the run is opened again.
class GroupFiles final : public GroupStore {
 public:
  // Makes the folder. `places` are those that the ledger still needs: other files are removed, the
  // files of these cut behind the last of them. DATA_LOSS: a file is shorter than the ledger says.
  static absl::StatusOr<std::unique_ptr<GroupFiles>> Open(const std::string& folder,
                                                          const std::vector<PayloadPlace>& places);
  ~GroupFiles() override;

  absl::StatusOr<PayloadPlace> Append(uint32_t stage, uint32_t step,
                                      std::string_view payload) override;
  absl::Status Sync() override;
  absl::StatusOr<std::string> Read(const PayloadPlace& place) const override;
  absl::Status Remove(uint32_t stage, uint32_t step) override;

 private:
  // An open file; closed when nobody uses it any more.
  struct File {
    ~File();
    std::string path;
    int descriptor = -1;
    uint64_t size_bytes = 0;
    bool dirty = false;
  };

  void CloseIdleFiles() ABSL_LOCKS_EXCLUDED(mutex_);
  explicit GroupFiles(std::string folder) : folder_(std::move(folder)) {}
  absl::StatusOr<std::shared_ptr<File>> OpenFile(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string folder_;
  mutable base::Mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_
      ABSL_GUARDED_BY(mutex_);  // the open ones: all that are dirty, and a few more
  bool folder_dirty_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace gyre::coordinator

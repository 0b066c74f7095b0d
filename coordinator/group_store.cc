#include "coordinator/group_store.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace gyre::coordinator {

std::string PayloadFileName(uint32_t stage, uint32_t step) {
  return absl::StrFormat("stage-%u-step-%06u.groups", stage, step);
}

absl::StatusOr<PayloadPlace> MemoryGroupStore::Append(uint32_t stage, uint32_t step,
                                                      std::string_view payload) {
  base::MutexLock lock(mutex_);
  const std::string file = PayloadFileName(stage, step);
  std::vector<std::string>& payloads = files_[file];
  payloads.emplace_back(payload);
  return PayloadPlace{.file = file, .offset = payloads.size() - 1, .size_bytes = payload.size()};
}

absl::Status MemoryGroupStore::Sync() {
  base::MutexLock lock(mutex_);
  for (const auto& [file, payloads] : files_) synced_[file] = payloads.size();
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryGroupStore::Read(const PayloadPlace& place) const {
  base::MutexLock lock(mutex_);
  const auto file = files_.find(place.file);
  if (file == files_.end() || place.offset >= file->second.size()) {
    return absl::DataLossError(absl::StrCat(place.file, " has no payload ", place.offset));
  }
  return file->second[place.offset];
}

absl::Status MemoryGroupStore::Remove(uint32_t stage, uint32_t step) {
  base::MutexLock lock(mutex_);
  files_.erase(PayloadFileName(stage, step));
  synced_.erase(PayloadFileName(stage, step));
  return absl::OkStatus();
}

void MemoryGroupStore::LoseUnsynced() {
  base::MutexLock lock(mutex_);
  for (auto& [file, payloads] : files_) payloads.resize(synced_[file]);
}

uint64_t MemoryGroupStore::files() const {
  base::MutexLock lock(mutex_);
  return files_.size();
}

}  // namespace gyre::coordinator

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gyre::base {

// A file that grows at its end, such as metrics.jsonl. For one thread at a time. Errors as in
// file.h.
class AppendFile {
 public:
  // Opens the file at its end; makes it when it is not there.
  static absl::StatusOr<AppendFile> Open(const std::string& path);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  // Other processes see the bytes on return; they are durable after Sync. After an error the file
  // is cut back to its size before the call, as far as the disk lets it, so that no half line
  // stays.
  absl::Status Append(std::string_view bytes);
  absl::Status Sync();
  // Cuts the file back; `size_bytes` is not larger than SizeBytes().
  absl::Status Truncate(std::uint64_t size_bytes);

  std::uint64_t SizeBytes() const { return size_bytes_; }

 private:
  AppendFile(std::string path, int file, std::uint64_t size_bytes);
  void Close();

  std::string path_;
  int file_;  // -1 once moved from
  std::uint64_t size_bytes_;
};

}  // namespace gyre::base

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace gyre::weights {

// A file's bytes, mapped for reading. The file must not be cut while it is mapped (files that are
// replaced by rename, as base/file.h does, are safe): the system then ends the process with SIGBUS.
class MappedFile {
 public:
  // Errors as in base/file.h; INVALID_ARGUMENT if the path is no regular file.
  static absl::StatusOr<MappedFile> Open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Valid as long as this object, also when it is moved.
  std::string_view bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, std::string_view bytes) : path_(std::move(path)), bytes_(bytes) {}

  std::string path_;
  std::string_view bytes_;
};

}  // namespace gyre::weights

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gyre::base {

// Writes a file that appears whole or not at all: the bytes go to PATH.tmp, and Commit makes them
// durable and renames that file to PATH. Without a successful Commit, PATH stays as it was and
// PATH.tmp is removed (a killed process leaves it, and the next writer of PATH writes over it). One
// writer a path at a time; for one thread. Errors as in file.h.
class FileWriter {
 public:
  // The folder of `path` must exist.
  static absl::StatusOr<FileWriter> Create(const std::string& path);
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&& other) noexcept;
  ~FileWriter();

  // After an error only the destructor is of use.
  absl::Status Append(std::string_view bytes);
  // fsync, rename, fsync of the folder. Once.
  absl::Status Commit();

 private:
  FileWriter(std::string path, int file);
  std::string TemporaryPath() const;
  void Abandon();

  std::string path_;
  int file_;  // -1 once committed, moved from or abandoned
};

}  // namespace gyre::base

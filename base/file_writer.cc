#include "base/file_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/write_all.h"

namespace gyre::base {

absl::StatusOr<FileWriter> FileWriter::Create(const std::string& path) {
  const std::string temporary = path + ".tmp";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return FileError(errno, "create", temporary);
  return FileWriter(path, file);
}

FileWriter::FileWriter(std::string path, int file) : path_(std::move(path)), file_(file) {}

FileWriter::FileWriter(FileWriter&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

FileWriter& FileWriter::operator=(FileWriter&& other) noexcept {
  if (this != &other) {
    Abandon();
    path_ = std::move(other.path_);
    file_ = std::exchange(other.file_, -1);
  }
  return *this;
}

FileWriter::~FileWriter() { Abandon(); }

absl::Status FileWriter::Append(std::string_view bytes) {
  GYRE_CHECK(file_ >= 0, "nothing is appended to a file that was committed");
  return WriteAll(file_, bytes, path_);
}

absl::Status FileWriter::Commit() {
  GYRE_CHECK(file_ >= 0, "a file is committed once");
  if (fsync(file_) != 0) return FileError(errno, "sync", path_);
  // From here on the temporary file is gone or not ours to judge; a failed rename leaves it for
  // Abandon's unlink.
  if (absl::Status renamed = Rename(TemporaryPath(), path_); !renamed.ok()) return renamed;
  close(std::exchange(file_, -1));
  return absl::OkStatus();
}

std::string FileWriter::TemporaryPath() const { return path_ + ".tmp"; }

void FileWriter::Abandon() {
  if (file_ < 0) return;
  close(std::exchange(file_, -1));
  unlink(TemporaryPath().c_str());
}

}  // namespace gyre::base

#include "base/append_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/write_all.h"

namespace gyre::base {

absl::StatusOr<AppendFile> AppendFile::Open(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return FileError(errno, "open", path);
  struct stat information;
  if (fstat(file, &information) != 0) {
    const absl::Status error = FileError(errno, "stat", path);
    close(file);
    return error;
  }
  return AppendFile(path, file, static_cast<std::uint64_t>(information.st_size));
}

AppendFile::AppendFile(std::string path, int file, std::uint64_t size_bytes)
    : path_(std::move(path)), file_(file), size_bytes_(size_bytes) {}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      size_bytes_(other.size_bytes_) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  if (this != &other) {
    Close();
    path_ = std::move(other.path_);
    file_ = std::exchange(other.file_, -1);
    size_bytes_ = other.size_bytes_;
  }
  return *this;
}

AppendFile::~AppendFile() { Close(); }

absl::Status AppendFile::Append(std::string_view bytes) {
  if (absl::Status written = WriteAll(file_, bytes, path_); !written.ok()) {
    [[maybe_unused]] const int cut = ftruncate(file_, static_cast<off_t>(size_bytes_));
    return written;
  }
  size_bytes_ += bytes.size();
  return absl::OkStatus();
}

absl::Status AppendFile::Sync() {
  if (fdatasync(file_) != 0) return FileError(errno, "sync", path_);
  return absl::OkStatus();
}

absl::Status AppendFile::Truncate(std::uint64_t size_bytes) {
  GYRE_CHECK(size_bytes <= size_bytes_, "a file is cut back, not lengthened");
  if (ftruncate(file_, static_cast<off_t>(size_bytes)) != 0) {
    return FileError(errno, "truncate", path_);
  }
  size_bytes_ = size_bytes;
  return absl::OkStatus();
}

void AppendFile::Close() {
  if (file_ >= 0) close(std::exchange(file_, -1));
}

}  // namespace gyre::base

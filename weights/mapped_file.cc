#include "weights/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"

namespace gyre::weights {

absl::StatusOr<MappedFile> MappedFile::Open(const std::string& path) {
  // Not to wait for a writer if the path is a named pipe.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return base::FileError(errno, "open", path);
  const absl::Cleanup close_file = [file] { close(file); };
  struct stat information;
  if (fstat(file, &information) != 0) return base::FileError(errno, "read", path);
  if (!S_ISREG(information.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is not a regular file"));
  }
  if (information.st_size == 0) return MappedFile(path, std::string_view());
  const size_t size = static_cast<size_t>(information.st_size);
  void* start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (start == MAP_FAILED) return base::FileError(errno, "map", path);
  return MappedFile(path, std::string_view(static_cast<const char*>(start), size));
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, std::string_view())) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace gyre::weights

#include "coordinator/group_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "base/write_all.h"
#include "coordinator/crc32c.h"

namespace gyre::coordinator {
namespace {

constexpr uint64_t kHeaderBytes = 8;
// Files that stay open although all is synced; groups of few steps come at a time.
constexpr size_t kIdleOpenFiles = 8;

void PutLittleEndian(uint32_t value, std::string& bytes) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
}

uint32_t GetLittleEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

absl::Status DamagedPayload(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(
      "the groups in ", path, " are damaged: ", what,
      "; put a good copy in its place, or start the run anew in another run directory"));
}

}  // namespace

GroupFiles::File::~File() {
  if (descriptor >= 0) close(descriptor);
}

GroupFiles::~GroupFiles() = default;

absl::StatusOr<std::unique_ptr<GroupFiles>> GroupFiles::Open(
    const std::string& folder, const std::vector<PayloadPlace>& places) {
  GYRE_RETURN_IF_ERROR(base::CreateFolders(folder));
  GYRE_RETURN_IF_ERROR(base::SyncFolder(base::FolderOf(folder)));
  std::map<std::string, uint64_t> ends;
  for (const PayloadPlace& place : places) {
    uint64_t& end = ends[place.file];
    end = std::max(end, place.offset + kHeaderBytes + place.size_bytes);
  }
  GYRE_ASSIGN_OR_RETURN(const std::vector<std::string> names, base::ListFolder(folder));
  for (const std::string& name : names) {
    if (!ends.contains(name))
      GYRE_RETURN_IF_ERROR(base::RemoveAll(absl::StrCat(folder, "/", name)));
  }
  for (const auto& [name, end] : ends) {
    const std::string path = absl::StrCat(folder, "/", name);
    const absl::StatusOr<uint64_t> size_bytes = base::FileSizeBytes(path);
    if (!size_bytes.ok()) return DamagedPayload(path, std::string(size_bytes.status().message()));
    if (*size_bytes < end) {
      return DamagedPayload(
          path, absl::StrCat("it has ", *size_bytes, " bytes, the ledger knows of ", end));
    }
    if (*size_bytes > end && truncate(path.c_str(), static_cast<off_t>(end)) != 0) {
      return base::FileError(errno, "cut", path);
    }
  }
  return std::unique_ptr<GroupFiles>(new GroupFiles(folder));
}

absl::StatusOr<std::shared_ptr<GroupFiles::File>> GroupFiles::OpenFile(const std::string& name) {
  if (const auto found = files_.find(name); found != files_.end()) return found->second;
  auto file = std::make_shared<File>();
  file->path = absl::StrCat(folder_, "/", name);
  file->descriptor = open(file->path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file->descriptor < 0) return base::FileError(errno, "open", file->path);
  struct stat status;
  if (fstat(file->descriptor, &status) != 0) return base::FileError(errno, "stat", file->path);
  file->size_bytes = static_cast<uint64_t>(status.st_size);
  folder_dirty_ = true;
  files_.emplace(name, file);
  return file;
}

absl::StatusOr<PayloadPlace> GroupFiles::Append(uint32_t stage, uint32_t step,
                                                std::string_view payload) {
  const std::string name = PayloadFileName(stage, step);
  std::string frame;
  frame.reserve(kHeaderBytes + payload.size());
  PutLittleEndian(static_cast<uint32_t>(payload.size()), frame);
  PutLittleEndian(Crc32c(payload), frame);
  frame.append(payload);
  base::MutexLock lock(mutex_);
  GYRE_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, OpenFile(name));
  const absl::Status written = base::WriteAll(file->descriptor, frame, file->path);
  if (!written.ok()) {
    // No half frame stays in front of the next one.
    if (ftruncate(file->descriptor, static_cast<off_t>(file->size_bytes)) != 0) files_.erase(name);
    return written;
  }
  const PayloadPlace place{.file = name, .offset = file->size_bytes, .size_bytes = payload.size()};
  file->size_bytes += frame.size();
  file->dirty = true;
  return place;
}

absl::Status GroupFiles::Sync() {
  std::vector<std::shared_ptr<File>> dirty;
  bool folder_dirty = false;
  {
    base::MutexLock lock(mutex_);
    for (auto& [name, file] : files_) {
      if (!std::exchange(file->dirty, false)) continue;
      dirty.push_back(file);
    }
    folder_dirty = std::exchange(folder_dirty_, false);
  }
  for (const std::shared_ptr<File>& file : dirty) {
    if (fdatasync(file->descriptor) != 0) return base::FileError(errno, "sync", file->path);
  }
  CloseIdleFiles();
  return folder_dirty ? base::SyncFolder(folder_) : absl::OkStatus();
}

// A run may have more steps without a checkpoint than a process may have open files.
void GroupFiles::CloseIdleFiles() {
  base::MutexLock lock(mutex_);
  for (auto at = files_.begin(); at != files_.end() && files_.size() > kIdleOpenFiles;) {
    at = at->second->dirty ? std::next(at) : files_.erase(at);
  }
}

absl::StatusOr<std::string> GroupFiles::Read(const PayloadPlace& place) const {
  const std::string path = absl::StrCat(folder_, "/", place.file);
  File file;
  file.descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.descriptor < 0) return base::FileError(errno, "open", path);
  std::string frame(kHeaderBytes + place.size_bytes, '\0');
  size_t done = 0;
  while (done < frame.size()) {
    const ssize_t got = pread(file.descriptor, frame.data() + done, frame.size() - done,
                              static_cast<off_t>(place.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::FileError(errno, "read", path);
    if (got == 0) return DamagedPayload(path, "it ends too early");
    done += static_cast<size_t>(got);
  }
  const std::string_view bytes = frame;
  if (GetLittleEndian(bytes) != place.size_bytes ||
      GetLittleEndian(bytes.substr(4)) != Crc32c(bytes.substr(kHeaderBytes))) {
    return DamagedPayload(path, absl::StrCat("the checksum at byte ", place.offset, " is wrong"));
  }
  return frame.substr(kHeaderBytes);
}

absl::Status GroupFiles::Remove(uint32_t stage, uint32_t step) {
  const std::string name = PayloadFileName(stage, step);
  {
    base::MutexLock lock(mutex_);
    files_.erase(name);
  }
  return base::RemoveAll(absl::StrCat(folder_, "/", name));
}

}  // namespace gyre::coordinator

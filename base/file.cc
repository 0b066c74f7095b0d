#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/file_writer.h"
#include "base/status_macros.h"

namespace gyre::base {

absl::Status FileError(int error_number, std::string_view what, const std::string& path) {
  return absl::Status(absl::ErrnoToStatusCode(error_number),
                      absl::StrCat(path, ": cannot ", std::string(what), ": ",
                                   std::generic_category().message(error_number)));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FileError(errno, "open", path);
  const absl::Cleanup close_file = [file] { close(file); };
  struct stat information;
  if (fstat(file, &information) != 0) return FileError(errno, "read", path);
  // One byte more than the size, so that the end shows without growing; files of /proc say 0 and
  // grow.
  std::string content(static_cast<std::size_t>(information.st_size) + 1, '\0');
  std::size_t size = 0;
  while (true) {
    if (size == content.size()) content.resize(std::max<std::size_t>(4096, 2 * size));
    const ssize_t got = read(file, content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(errno, "read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  GYRE_ASSIGN_OR_RETURN(FileWriter writer, FileWriter::Create(path));
  GYRE_RETURN_IF_ERROR(writer.Append(bytes));
  return writer.Commit();
}

bool Exists(const std::string& path) {
  struct stat information;
  return stat(path.c_str(), &information) == 0;
}

absl::StatusOr<std::uint64_t> FileSizeBytes(const std::string& path) {
  struct stat information;
  if (stat(path.c_str(), &information) != 0) return FileError(errno, "stat", path);
  return static_cast<std::uint64_t>(information.st_size);
}

absl::Status CreateFolders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return FileError(error.value(), "create the folder", path);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return FileError(error.value(), "list the folder", path);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) {
    return FileError(errno, absl::StrCat("rename to ", to), from);
  }
  GYRE_RETURN_IF_ERROR(SyncFolder(FolderOf(to)));
  return FolderOf(from) == FolderOf(to) ? absl::OkStatus() : SyncFolder(FolderOf(from));
}

absl::Status Exchange(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    GYRE_RETURN_IF_ERROR(SyncFolder(FolderOf(to)));
    return FolderOf(from) == FolderOf(to) ? absl::OkStatus() : SyncFolder(FolderOf(from));
  }
  // The codes of file systems and kernels that do not know it.
  if (errno != EINVAL && errno != ENOSYS) {
    return FileError(errno, absl::StrCat("exchange with ", to), from);
  }
  const std::string aside = absl::StrCat(to, kSetAside);
  GYRE_RETURN_IF_ERROR(RemoveAll(aside));  // of an exchange that was cut behind its second step
  GYRE_RETURN_IF_ERROR(Rename(to, aside));
  GYRE_RETURN_IF_ERROR(Rename(from, to));
  return Rename(aside, from);
}

absl::Status PutBackSetAside(const std::string& path) {
  const std::string aside = absl::StrCat(path, kSetAside);
  if (Exists(path) || !Exists(aside)) return absl::OkStatus();
  const absl::Status back = Rename(aside, path);
  return Exists(path) ? absl::OkStatus() : back;  // another process may have been quicker
}

absl::Status RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return FileError(error.value(), "remove", path);
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return FileError(errno, "open the folder", path);
  const absl::Cleanup close_folder = [folder] { close(folder); };
  if (fsync(folder) != 0) return FileError(errno, "sync the folder", path);
  return absl::OkStatus();
}

std::string FolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace gyre::base

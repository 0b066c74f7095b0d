#pragma once

// Files and folders. Every error names the path and the system's reason; a full disk is
// RESOURCE_EXHAUSTED, a missing file NOT_FOUND. All calls block on the disk only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gyre::base {

// The status for errno = `error_number` met while doing `what` ("write") to `path`.
absl::Status FileError(int error_number, std::string_view what, const std::string& path);

// The whole content.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// `path` holds the old content or the new, and the new is durable on OK (see FileWriter).
absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes);

// Whether there is a file or folder; an unreadable parent folder counts as none.
bool Exists(const std::string& path);

absl::StatusOr<std::uint64_t> FileSizeBytes(const std::string& path);

// Makes the folder and those above it; one that is there already is OK.
absl::Status CreateFolders(const std::string& path);

// The names in a folder, sorted, without the folder's own path.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);

// Moves a file or folder within one file system, replacing a file or an empty folder at `to`;
// durable on OK. To publish a folder: write it beside its place, SyncFolder it, Rename it.
absl::Status Rename(const std::string& from, const std::string& to);

// Swaps two files or folders of one file system; both names stand all the time. Durable on OK. To
// put a folder in the place of another: write it beside, SyncFolder it, Exchange, RemoveAll the
// old. On a file system that cannot swap, `to` is missing for a moment and stands at `to` +
// kSetAside; PutBackSetAside mends what a kill in that moment leaves.
absl::Status Exchange(const std::string& from, const std::string& to);
inline constexpr char kSetAside[] = ".aside";
absl::Status PutBackSetAside(const std::string& path);

// Removes a file, or a folder with what is in it; nothing there is OK.
absl::Status RemoveAll(const std::string& path);

// Makes the names in a folder durable.
absl::Status SyncFolder(const std::string& path);

// The folder that a path lies in; "." for a bare name.
std::string FolderOf(const std::string& path);

}  // namespace gyre::base

#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/append_file.h"
#include "base/file_writer.h"
#include "tests/base/temporary_folder.h"

namespace gyre::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadFile, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  const std::string content("with\0zero\n", 10);
  ASSERT_TRUE(WriteFileAtomically(path, content).ok());
  EXPECT_EQ(*ReadFile(path), content);
  EXPECT_EQ(*FileSizeBytes(path), 10u);
  ASSERT_TRUE(WriteFileAtomically(path, "").ok());
  EXPECT_EQ(*ReadFile(path), "");
}

TEST(ReadFile, ReadsFilesThatDoNotSayTheirSize) {
  EXPECT_THAT(*ReadFile("/proc/self/status"), HasSubstr("\nPid:"));
}

TEST(ReadFile, NamesThePathAndTheReason) {
  const absl::Status missing = ReadFile("/no/such/file").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(missing.message(), "/no/such/file: cannot open: No such file or directory");
  const TemporaryFolder folder;
  EXPECT_THAT(std::string(ReadFile(folder.path()).status().message()), HasSubstr(folder.path()));
}

TEST(FileWriter, LeavesTheOldFileUntilCommit) {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  {
    auto abandoned = FileWriter::Create(path);
    ASSERT_TRUE(abandoned.ok());
    ASSERT_TRUE(abandoned->Append("half").ok());
    EXPECT_EQ(*ReadFile(path), "old");
  }
  EXPECT_EQ(*ReadFile(path), "old");
  EXPECT_THAT(*ListFolder(folder.path()), ElementsAre("file"));
  auto writer = FileWriter::Create(path);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->Append("ne").ok());
  FileWriter moved = *std::move(writer);
  ASSERT_TRUE(moved.Append("w").ok());
  ASSERT_TRUE(moved.Commit().ok());
  EXPECT_EQ(*ReadFile(path), "new");
  EXPECT_THAT(*ListFolder(folder.path()), ElementsAre("file"));
}

TEST(FileWriter, SaysThatTheDiskIsFullAndKeepsTheOldFile) {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  // Every write to /dev/full ends as on a full disk.
  ASSERT_EQ(symlink("/dev/full", (path + ".tmp").c_str()), 0);
  const absl::Status full = WriteFileAtomically(path, "new");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(std::string(full.message()), path + ": cannot write: No space left on device");
  EXPECT_EQ(*ReadFile(path), "old");
  EXPECT_THAT(*ListFolder(folder.path()), ElementsAre("file"));
}

TEST(FileWriter, NamesAFolderThatIsMissing) {
  const TemporaryFolder folder;
  const absl::Status missing = WriteFileAtomically(folder / "none/file", "x");
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(folder / "none/file"));
}

TEST(AppendFile, GrowsAtItsEndOverReopeningAndIsCutBack) {
  const TemporaryFolder folder;
  const std::string path = folder / "lines";
  {
    auto file = AppendFile::Open(path);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->Append("one\n").ok());
  }
  auto file = AppendFile::Open(path);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->SizeBytes(), 4u);
  EXPECT_TRUE(file->Append("two\n").ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_EQ(*ReadFile(path), "one\ntwo\n");
  EXPECT_TRUE(file->Truncate(4).ok());
  EXPECT_TRUE(file->Append("2\n").ok());
  EXPECT_EQ(*ReadFile(path), "one\n2\n");
}

TEST(AppendFile, SaysThatTheDiskIsFull) {
  auto file = AppendFile::Open("/dev/full");
  ASSERT_TRUE(file.ok());
  const absl::Status full = file->Append("x");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()), HasSubstr("/dev/full"));
  EXPECT_EQ(file->SizeBytes(), 0u);
}

TEST(Folders, AreMadeRenamedListedAndRemoved) {
  const TemporaryFolder folder;
  ASSERT_TRUE(CreateFolders(folder / "a/b").ok());
  ASSERT_TRUE(CreateFolders(folder / "a/b").ok());
  ASSERT_TRUE(WriteFileAtomically(folder / "a/b/file", "x").ok());
  ASSERT_TRUE(SyncFolder(folder / "a/b").ok());
  ASSERT_TRUE(Rename(folder / "a/b", folder / "c").ok());
  EXPECT_THAT(*ListFolder(folder.path()), ElementsAre("a", "c"));
  EXPECT_EQ(*ReadFile(folder / "c/file"), "x");
  EXPECT_TRUE(Exists(folder / "c"));
  ASSERT_TRUE(RemoveAll(folder / "c").ok());
  ASSERT_TRUE(RemoveAll(folder / "c").ok());
  EXPECT_FALSE(Exists(folder / "c"));
}

TEST(Folders, TakeEachOthersPlace) {
  const TemporaryFolder folder;
  for (const std::string name : {"a", "b"}) {
    ASSERT_TRUE(CreateFolders(folder / name).ok());
    ASSERT_TRUE(WriteFileAtomically(folder / name + "/of", name).ok());
  }
  ASSERT_TRUE(Exchange(folder / "a", folder / "b").ok());
  EXPECT_EQ(*ReadFile(folder / "a/of"), "b");
  EXPECT_EQ(*ReadFile(folder / "b/of"), "a");
  EXPECT_EQ(Exchange(folder / "a", folder / "none").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(*ReadFile(folder / "a/of"), "b");
}

TEST(Folders, ThatWereSetAsideComeBack) {
  const TemporaryFolder folder;
  ASSERT_TRUE(PutBackSetAside(folder / "a").ok()) << "nothing is there, and nothing is to be done";
  ASSERT_TRUE(CreateFolders(folder / "a.aside").ok());
  ASSERT_TRUE(WriteFileAtomically(folder / "a.aside/of", "old").ok());
  ASSERT_TRUE(PutBackSetAside(folder / "a").ok());
  EXPECT_EQ(*ReadFile(folder / "a/of"), "old");
  ASSERT_TRUE(CreateFolders(folder / "a.aside").ok());
  ASSERT_TRUE(PutBackSetAside(folder / "a").ok());
  EXPECT_EQ(*ReadFile(folder / "a/of"), "old") << "what stands in its place is left alone";
}

TEST(Folders, NameWhatIsWrong) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "file", "x").ok());
  EXPECT_THAT(std::string(CreateFolders(folder / "file/below").message()), HasSubstr("file/below"));
  EXPECT_EQ(ListFolder(folder / "none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Rename(folder / "none", folder / "other").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SyncFolder(folder / "none").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FileSizeBytes(folder / "none").status().code(), absl::StatusCode::kNotFound);
}

TEST(FolderOf, IsTheCurrentFolderForABareName) {
  EXPECT_EQ(FolderOf("name"), ".");
  EXPECT_EQ(FolderOf("/a/b/name"), "/a/b");
  EXPECT_EQ(FolderOf("/name"), "/");
}

}  // namespace
}  // namespace gyre::base

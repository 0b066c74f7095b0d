#include "coordinator/group_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "tests/base/temporary_folder.h"

namespace gyre::coordinator {
namespace {

using testing::HasSubstr;

class GroupFilesTest : public testing::Test {
 protected:
  std::unique_ptr<GroupFiles> Open(const std::vector<PayloadPlace>& places = {}) {
    absl::StatusOr<std::unique_ptr<GroupFiles>> files = GroupFiles::Open(groups_, places);
    EXPECT_EQ(files.status(), absl::OkStatus());
    return files.ok() ? *std::move(files) : nullptr;
  }
  // How many files under the folder this process has open.
  int OpenFiles() const {
    int open = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code ignored;
      const std::string target = std::filesystem::read_symlink(entry.path(), ignored).string();
      open += target.compare(0, groups_.size(), groups_) == 0;
    }
    return open;
  }

  base::TemporaryFolder folder_;
  const std::string groups_ = folder_ / "groups";
};

TEST_F(GroupFilesTest, GivesBackWhatWasAppended) {
  const std::unique_ptr<GroupFiles> files = Open();
  const PayloadPlace first = *files->Append(1, 2, "first");
  const PayloadPlace second = *files->Append(1, 2, "the second");
  ASSERT_EQ(files->Sync(), absl::OkStatus());
  EXPECT_EQ(*files->Read(first), "first");
  EXPECT_EQ(*files->Read(second), "the second");
}

TEST_F(GroupFilesTest, KeepsFewFilesOpenHoweverManyStepsThereAre) {
  const std::unique_ptr<GroupFiles> files = Open();
  std::vector<PayloadPlace> places;
  for (uint32_t step = 0; step < 100; ++step) {
    places.push_back(*files->Append(0, step, "payload of a step"));
    ASSERT_EQ(files->Sync(), absl::OkStatus());
  }
  EXPECT_LE(OpenFiles(), 10);
  for (const PayloadPlace& place : places) EXPECT_EQ(*files->Read(place), "payload of a step");
}

TEST_F(GroupFilesTest, AFileThatWasClosedGoesOnWhereItEnded) {
  const std::unique_ptr<GroupFiles> files = Open();
  const PayloadPlace before = *files->Append(0, 0, "before");
  for (uint32_t step = 1; step < 50; ++step) {
    ASSERT_TRUE(files->Append(0, step, "x").ok());
    ASSERT_EQ(files->Sync(), absl::OkStatus());
  }
  const PayloadPlace after = *files->Append(0, 0, "after");
  EXPECT_EQ(*files->Read(before), "before");
  EXPECT_EQ(*files->Read(after), "after");
}

TEST_F(GroupFilesTest, ATornTailIsCutAndOtherFilesGo) {
  std::unique_ptr<GroupFiles> files = Open();
  const PayloadPlace kept = *files->Append(0, 0, "kept");
  ASSERT_TRUE(files->Append(0, 0, "not in the ledger").ok());
  const PayloadPlace other = *files->Append(0, 1, "not in the ledger");
  files = Open({kept});
  EXPECT_EQ(*files->Read(kept), "kept");
  EXPECT_FALSE(base::Exists(groups_ + "/" + other.file));
  EXPECT_EQ(*base::FileSizeBytes(groups_ + "/" + kept.file), 8 + 4u);
  const PayloadPlace next = *files->Append(0, 0, "next");
  EXPECT_EQ(next.offset, 8 + 4u);
  EXPECT_EQ(*files->Read(next), "next");
}

TEST_F(GroupFilesTest, AChangedByteIsNoticed) {
  const std::unique_ptr<GroupFiles> files = Open();
  const PayloadPlace place = *files->Append(0, 0, "payload");
  std::fstream file(groups_ + "/" + place.file, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(place.offset) + 9);
  file.put('X');
  file.close();
  const absl::Status damaged = files->Read(place).status();
  EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(damaged.message(), HasSubstr(place.file));
}

TEST_F(GroupFilesTest, AFileThatIsTooShortIsRefused) {
  const PayloadPlace place = *Open()->Append(0, 0, "payload");
  std::filesystem::resize_file(groups_ + "/" + place.file, 10);
  const absl::Status damaged = GroupFiles::Open(groups_, {place}).status();
  EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(damaged.message(), HasSubstr("it has 10 bytes, the ledger knows of 15"));
}

}  // namespace
}  // namespace gyre::coordinator

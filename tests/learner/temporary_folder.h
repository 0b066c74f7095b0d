#pragma once

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "gtest/gtest.h"

namespace gyre::learner {

// An empty folder that is gone with its test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    path_ = absl::StrCat(testing::TempDir(), "gyre-", test.test_suite_name(), "-", test.name(), "-",
                         getpid(), "-", ++made_);
    EXPECT_TRUE(base::CreateFolders(path_).ok());
  }
  ~TemporaryFolder() { base::RemoveAll(path_).IgnoreError(); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  static inline int made_ = 0;
  std::string path_;
};

}  // namespace gyre::learner

// What a start is refused for, in which order, and what it leaves behind.
#include "cli/run/run_command.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "cli/run/run_directory.h"
#include "spec/load_spec.h"
#include "tests/base/temporary_folder.h"
#include "tests/spec/spec_texts.h"

namespace gyre::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A spec, binaries that do nothing, and a port that somebody else has.
class RunCommandTest : public ::testing::Test {
 protected:
  RunCommandTest() {
    options_.spec_path = folder_ / "spec.textproto";
    options_.run_dir = folder_ / "run";
    options_.binary_folder = folder_ / "bin";
    EXPECT_TRUE(base::WriteFileAtomically(options_.spec_path, spec::ValidSpec()).ok());
    EXPECT_TRUE(base::CreateFolders(options_.binary_folder).ok());
    for (const char* role : {"coordinator", "rewarder", "learner", "actor"}) {
      const std::string path = absl::StrCat(options_.binary_folder, "/gyre-", role);
      EXPECT_TRUE(base::WriteFileAtomically(path, "#!/bin/sh\nexit 2\n").ok());
      EXPECT_EQ(chmod(path.c_str(), 0755), 0);
    }
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    options_.port = ntohs(address.sin_port);
  }
  ~RunCommandTest() override { close(listener_); }

  RunSpec Spec() const { return *spec::LoadSpec(options_.spec_path); }
  int Run() {
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const int code = RunCommand(options_);
    output_ = testing::internal::GetCapturedStdout();
    error_ = testing::internal::GetCapturedStderr();
    return code;
  }

  base::TemporaryFolder folder_;
  RunOptions options_;
  int listener_ = -1;
  std::string output_;
  std::string error_;
};

TEST_F(RunCommandTest, ATakenPortLeavesNothingBehind) {
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(error_, HasSubstr("is taken; choose another --port, or leave it out"));
  EXPECT_FALSE(base::Exists(options_.run_dir));
  ASSERT_TRUE(base::CreateFolders(options_.run_dir).ok());
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(error_, HasSubstr("is taken"));
  EXPECT_TRUE(base::ListFolder(options_.run_dir)->empty());
}

TEST_F(RunCommandTest, AFolderInUseIsNamedAndNotThePortOfItsRun) {
  const auto held = RunDirectory::Create(options_.run_dir, Spec());
  ASSERT_TRUE(held.ok()) << held.status();
  for (const bool resume : {false, true}) {
    options_.resume = resume;
    EXPECT_EQ(Run(), 1);
    EXPECT_THAT(error_, AllOf(HasSubstr("is in use by another gyre run"), Not(HasSubstr("port"))));
  }
}

TEST_F(RunCommandTest, AFolderWithARunIsNamedAndNotThePort) {
  { ASSERT_TRUE(RunDirectory::Create(options_.run_dir, Spec()).ok()); }
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(error_, AllOf(HasSubstr("holds a run already"), Not(HasSubstr("port"))));
}

TEST_F(RunCommandTest, ACompleteRunNeedsNoPort) {
  { ASSERT_TRUE(RunDirectory::Create(options_.run_dir, Spec()).ok()); }
  ASSERT_TRUE(base::WriteFileAtomically(options_.run_dir + "/summary.json",
                                        R"({"status":"finished","name":"small"})")
                  .ok());
  options_.resume = true;
  EXPECT_EQ(Run(), 0) << error_;
  EXPECT_THAT(output_, HasSubstr("is complete"));
}

TEST_F(RunCommandTest, ARunThatIsNotCompleteDoes) {
  { ASSERT_TRUE(RunDirectory::Create(options_.run_dir, Spec()).ok()); }
  options_.resume = true;
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(error_, HasSubstr("is taken"));
}

}  // namespace
}  // namespace gyre::cli

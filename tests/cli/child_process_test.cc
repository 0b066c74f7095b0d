#include "cli/run/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "base/file.h"
#include "tests/base/temporary_folder.h"
#include "tests/cli/await.h"

namespace gyre::cli {
namespace {

using ::testing::HasSubstr;

ChildProcess Shell(const std::string& script, const std::string& output) {
  auto process = ChildProcess::Start({"/bin/sh", "-c", script}, output);
  EXPECT_TRUE(process.ok()) << process.status();
  return *std::move(process);
}

ProcessExit AwaitExit(ChildProcess& process) {
  std::optional<ProcessExit> exit;
  EXPECT_TRUE(Await([&] { return (exit = process.PollExit()).has_value(); }));
  return exit.value_or(ProcessExit{.code = -1, .signal = -1, .cpu_time = {}});
}

TEST(ChildProcess, TellsHowItEnded) {
  const base::TemporaryFolder folder;
  ChildProcess process = Shell("exit 3", folder / "log");
  const ProcessExit exit = AwaitExit(process);
  EXPECT_EQ(exit.code, 3);
  EXPECT_EQ(exit.signal, 0);
  EXPECT_EQ(exit.ToString(), "exit code 3");
  EXPECT_FALSE(process.running());
  EXPECT_FALSE(process.PollExit().has_value());
}

TEST(ChildProcess, TellsWhatSignalKilledIt) {
  const base::TemporaryFolder folder;
  ChildProcess process = Shell("exec sleep 100", folder / "log");
  process.Signal(SIGKILL);
  const ProcessExit exit = AwaitExit(process);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_EQ(exit.ToString(), "killed by signal 9");
}

TEST(ChildProcess, AppendsBothOutputsToItsFile) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder / "log", "before\n").ok());
  ChildProcess process = Shell("echo out; echo err >&2; cat", folder / "log");
  AwaitExit(process);
  EXPECT_EQ(*base::ReadFile(folder / "log"), "before\nout\nerr\n");
}

TEST(ChildProcess, GetsMoreEnvironmentThanItsParent) {
  const base::TemporaryFolder folder;
  setenv("GYRE_TEST_BOTH", "parent", 1);
  setenv("GYRE_TEST_OWN", "own", 1);
  auto process = ChildProcess::Start({"/bin/sh", "-c", "echo $GYRE_TEST_OWN $GYRE_TEST_BOTH"},
                                     folder / "log", {"GYRE_TEST_BOTH=child"});
  ASSERT_TRUE(process.ok()) << process.status();
  AwaitExit(*process);
  EXPECT_EQ(*base::ReadFile(folder / "log"), "own child\n");
}

TEST(ChildProcess, StandsInAGroupOfItsOwn) {
  const base::TemporaryFolder folder;
  ChildProcess process = Shell("exec sleep 100", folder / "log");
  EXPECT_TRUE(Await([&] { return getpgid(process.pid()) == process.pid(); }));
}

TEST(ChildProcess, IsKilledByItsDestructor) {
  const base::TemporaryFolder folder;
  pid_t pid = 0;
  {
    ChildProcess process = Shell("trap '' TERM; exec sleep 100", folder / "log");
    pid = process.pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(ChildProcess, DoesNotOutliveAParentThatIsKilled) {
  const base::TemporaryFolder folder;
  const pid_t parent = fork();
  if (parent == 0) {
    auto process =
        ChildProcess::Start({"/bin/sh", "-c", "echo $$; exec sleep 100"}, folder / "log");
    pause();
    _exit(0);
  }
  pid_t child = 0;
  ASSERT_TRUE(Await([&] {
    const auto text = base::ReadFile(folder / "log");
    return text.ok() && absl::SimpleAtoi(*text, &child);
  }));
  EXPECT_EQ(kill(child, 0), 0);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  // Gone, or a zombie that whoever adopted it has not waited for yet.
  EXPECT_TRUE(Await([&] {
    const auto stat = base::ReadFile("/proc/" + std::to_string(child) + "/stat");
    return !stat.ok() || stat->find(") Z ") != std::string::npos;
  }));
}

TEST(ChildProcess, CountsItsProcessorTime) {
  const base::TemporaryFolder folder;
  ChildProcess process = Shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done", folder / "log");
  const ProcessExit exit = AwaitExit(process);
  EXPECT_GT(exit.cpu_time, absl::Milliseconds(5));
  EXPECT_EQ(process.CpuTime(), exit.cpu_time);
}

TEST(ChildProcess, NamesABinaryThatIsNotThere) {
  const base::TemporaryFolder folder;
  const auto process = ChildProcess::Start({"/nowhere/gyre-actor"}, folder / "log");
  EXPECT_EQ(process.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(process.status().message()), HasSubstr("/nowhere/gyre-actor"));
}

TEST(ChildProcess, InheritsNoDescriptor) {
  const base::TemporaryFolder folder;
  const int leaked = dup(STDERR_FILENO);  // without close-on-exec
  ChildProcess process = Shell("ls /proc/self/fd | wc -l", folder / "log");
  AwaitExit(process);
  close(leaked);
  // The three standard ones, and the one with which ls reads the folder.
  EXPECT_EQ(*base::ReadFile(folder / "log"), "4\n");
}

}  // namespace
}  // namespace gyre::cli

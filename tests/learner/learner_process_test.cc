// gyre-learner as processes, killed and stopped from outside.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/learner/fake_coordinator.h"
#include "tests/learner/small_run.h"
#include "tests/learner/temporary_folder.h"

extern char** environ;

namespace gyre::learner {
namespace {

using testing::HasSubstr;

// The binary with these arguments; killed with its test if it still runs.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments, const std::string& stderr_file) {
    arguments.insert(arguments.begin(), absl::StrCat(GYRE_BINARY_DIR, "/gyre-learner"));
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, stderr_file.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (!waited_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Send(int signal) { kill(pid_, signal); }
  // Blocks until it has ended or the deadline; whether it has ended. ExitCode may still be asked.
  bool EndsBefore(absl::Time deadline) const {
    siginfo_t info = {};
    while (absl::Now() < deadline) {
      waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG);
      if (info.si_pid == pid_) return true;
      absl::SleepFor(absl::Milliseconds(20));
    }
    return false;
  }
  // Blocks until it has ended: its exit code, or minus the signal that ended it.
  int ExitCode() {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  bool waited_ = false;
};

class LearnerProcess : public testing::Test {
 protected:
  std::vector<std::string> Arguments(const FakeCoordinator& coordinator, int rank) const {
    return {"--join",       coordinator.address(),
            "--name",       absl::StrCat("learner-", rank),
            "--run-token",  "token",
            "--parent-pid", absl::StrCat(getpid()),
            "--log-file",   absl::StrCat(folder_.path(), "/learner-", rank, ".log")};
  }
  std::string Stderr() const { return folder_.path() + "/stderr"; }

  std::string UndisturbedDigest(uint32_t ranks) {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(SmallRun(), folder.path(), ranks);
    std::vector<std::unique_ptr<Process>> processes;
    for (uint32_t rank = 0; rank < ranks; ++rank) {
      processes.push_back(
          std::make_unique<Process>(Arguments(coordinator, static_cast<int>(rank)), Stderr()));
    }
    for (auto& process : processes) EXPECT_EQ(process->ExitCode(), 0);
    return coordinator.commits().at(kSmallRunVersions).request.policy_digest();
  }

  const TemporaryFolder folder_;
};

TEST_F(LearnerProcess, AKilledRankCostsAnAttemptAndNoBits) {
  const std::string undisturbed = UndisturbedDigest(2);
  for (const int killed : {0, 1}) {
    const TemporaryFolder folder;
    FakeCoordinator coordinator(SmallRun(), folder.path(), 2);
    {
      Process rank_0(Arguments(coordinator, 0), Stderr());
      Process rank_1(Arguments(coordinator, 1), Stderr());
      Process& victim = killed == 0 ? rank_0 : rank_1;
      Process& survivor = killed == 0 ? rank_1 : rank_0;
      coordinator.OnCommit([&](int64_t version) {
        if (version == 5) victim.Send(SIGKILL);
      });
      EXPECT_EQ(victim.ExitCode(), -SIGKILL);
      const absl::Time dead = absl::Now();
      EXPECT_EQ(survivor.ExitCode(), 3) << "start me again";
      EXPECT_LT(absl::Now() - dead, absl::Seconds(10)) << "not the collectives' limit of 20 s";
      coordinator.OnCommit(nullptr);
    }
    Process rank_0(Arguments(coordinator, 0), Stderr());
    Process rank_1(Arguments(coordinator, 1), Stderr());
    EXPECT_EQ(rank_0.ExitCode(), 0);
    EXPECT_EQ(rank_1.ExitCode(), 0);
    EXPECT_EQ(coordinator.commits().at(kSmallRunVersions).request.policy_digest(), undisturbed);
  }
}

TEST_F(LearnerProcess, ARankThatHangsInACollectiveIsFreedByTheHeartbeat) {
  FakeCoordinator coordinator(SmallRun(), folder_.path(), 2);
  Process rank_0(Arguments(coordinator, 0), Stderr());
  Process rank_1(Arguments(coordinator, 1), Stderr());
  coordinator.OnCommit([&](int64_t version) {
    if (version == 3) rank_1.Send(SIGSTOP);  // rank 0 then waits for it, for up to 20 s
  });
  ASSERT_TRUE(coordinator.AwaitVersion(3));
  const absl::Time begin = absl::Now();
  coordinator.EndAttempt();
  EXPECT_EQ(rank_0.ExitCode(), 3);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
}

TEST_F(LearnerProcess, StopsOnSigtermWithItsVersionSaved) {
  FakeCoordinator coordinator(SmallRun(), folder_.path(), 2);
  {
    Process rank_0(Arguments(coordinator, 0), Stderr());
    Process rank_1(Arguments(coordinator, 1), Stderr());
    ASSERT_TRUE(coordinator.AwaitVersion(3));
    rank_1.Send(SIGTERM);
    rank_0.Send(SIGTERM);
    EXPECT_EQ(rank_0.ExitCode(), 0);
    EXPECT_EQ(rank_1.ExitCode(), 0);
  }
  EXPECT_EQ(coordinator.checkpoints().rbegin()->first, coordinator.version());
}

TEST_F(LearnerProcess, AStopWaitsForACommitThatTakesLong) {
  FakeCoordinator coordinator(SmallRun(), folder_.path(), 2);
  {
    Process rank_0(Arguments(coordinator, 0), Stderr());
    Process rank_1(Arguments(coordinator, 1), Stderr());
    std::atomic<bool> left = false;
    coordinator.OnCommit([&](int64_t version) {
      if (version != 3) return;
      rank_0.Send(SIGTERM);
      rank_1.Send(SIGTERM);
      left = rank_1.EndsBefore(absl::Now() + absl::Seconds(6));
    });
    EXPECT_EQ(rank_0.ExitCode(), 0);
    EXPECT_FALSE(left) << "rank 1 ended the attempt while rank 0 had still to save";
    EXPECT_EQ(rank_1.ExitCode(), 0);
    coordinator.OnCommit(nullptr);
  }
  EXPECT_GE(coordinator.version(), 3);
  EXPECT_EQ(coordinator.checkpoints().rbegin()->first, coordinator.version());
}

TEST_F(LearnerProcess, SaysInOneLineWhyTheRunCannotGoOn) {
  RunSpec spec = SmallRun();
  spec.mutable_stage(0)->mutable_sft()->set_examples("/nowhere/examples.jsonl");
  FakeCoordinator coordinator(spec, folder_.path());
  Process rank(Arguments(coordinator, 0), Stderr());
  EXPECT_EQ(rank.ExitCode(), 1);
  const std::string line = *base::ReadFile(Stderr());
  EXPECT_THAT(line, HasSubstr("/nowhere/examples.jsonl"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(coordinator.failure(), HasSubstr("/nowhere/examples.jsonl"));
}

TEST_F(LearnerProcess, WrongUsageIsExitCodeTwo) {
  EXPECT_EQ(Process({"--join", "127.0.0.1:1"}, Stderr()).ExitCode(), 2);
  EXPECT_THAT(*base::ReadFile(Stderr()), HasSubstr("--name"));
}

}  // namespace
}  // namespace gyre::learner

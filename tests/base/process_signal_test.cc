#include "base/process_signal.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/time/clock.h"

namespace gyre::base {
namespace {

TEST(SignalWaiter, GivesEachSignalThatCame) {
  auto waiter = SignalWaiter::Create();
  ASSERT_TRUE(waiter.ok());
  ASSERT_EQ(kill(getpid(), SIGTERM), 0);
  EXPECT_EQ(waiter->WaitUntil(absl::InfiniteFuture()), SIGTERM);
  ASSERT_EQ(kill(getpid(), SIGINT), 0);
  EXPECT_EQ(waiter->WaitUntil(absl::InfiniteFuture()), SIGINT);
}

TEST(SignalWaiter, TakesAHangupUnlessItIsIgnored) {
  signal(SIGHUP, SIG_DFL);  // whatever started this test
  auto waiter = SignalWaiter::Create();
  ASSERT_TRUE(waiter.ok());
  ASSERT_EQ(kill(getpid(), SIGHUP), 0);
  EXPECT_EQ(waiter->WaitUntil(absl::InfiniteFuture()), SIGHUP);

  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // as nohup leaves it to the program
    signal(SIGHUP, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    auto under_nohup = SignalWaiter::Create();
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    _exit(under_nohup.ok() && under_nohup->WaitUntil(absl::InfiniteFuture()) == SIGTERM ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SignalWaiter, GivesNothingAtTheDeadlineAndNotBefore) {
  auto waiter = SignalWaiter::Create();
  ASSERT_TRUE(waiter.ok());
  const absl::Time deadline = absl::Now() + absl::Milliseconds(5);
  EXPECT_EQ(waiter->WaitUntil(deadline), std::nullopt);
  EXPECT_GE(absl::Now(), deadline);
  EXPECT_EQ(waiter->WaitUntil(absl::InfinitePast()), std::nullopt);
}

TEST(SignalWaiter, MakesAClosedPipeAnErrorOfItsWriter) {
  signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(SignalWaiter::Create().ok());
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

TEST(SignalWaiter, EndsOneWaitByAnInterrupt) {
  auto waiter = SignalWaiter::Create();
  ASSERT_TRUE(waiter.ok());
  waiter->Interrupt();
  EXPECT_EQ(waiter->WaitUntil(absl::InfiniteFuture()), std::nullopt);
  ASSERT_EQ(kill(getpid(), SIGTERM), 0);
  EXPECT_EQ(waiter->WaitUntil(absl::InfiniteFuture()), SIGTERM);
}

// Starts a child, which starts a grandchild that ties itself to the child and tells so; then kills
// the child.
TEST(DieWithParent, EndsAProcessWhoseParentIsKilled) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const pid_t own_id = getpid();
    if (fork() == 0) {
      const bool tied = DieWithParent(own_id).ok();
      if (write(pipe_ends[1], tied ? "y" : "n", 1) != 1) _exit(1);
    }
    while (true) pause();
  }
  close(pipe_ends[1]);
  char answer = 0;
  ASSERT_EQ(read(pipe_ends[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  // The pipe ends when the last holder of its other end, the grandchild, is gone.
  pollfd descriptor = {pipe_ends[0], POLLIN, 0};
  ASSERT_EQ(poll(&descriptor, 1, 30'000), 1);
  EXPECT_EQ(read(pipe_ends[0], &answer, 1), 0);
  close(pipe_ends[0]);
}

TEST(DieWithParent, RefusesAParentThatIsNotTheExpectedOne) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const absl::Status status = DieWithParent(getppid() + 1);
    _exit(absl::IsFailedPrecondition(status) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace gyre::base

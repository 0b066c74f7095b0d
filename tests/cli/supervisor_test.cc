#include "cli/run/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "tests/base/temporary_folder.h"
#include "tests/cli/await.h"

namespace gyre::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Shell scripts stand in for the roles.
class SupervisorTest : public ::testing::Test {
 protected:
  ProcessPlan Plan(ProcessKind kind, const std::string& name, const std::string& script) {
    ProcessPlan plan;
    plan.kind = kind;
    plan.name = name;
    plan.argv = {"/bin/sh", "-c", script};
    plan.restart_argv = plan.argv;
    plan.log_file = folder_ / (name + ".log");
    return plan;
  }
  // Writes its name into "order" when it is told to end.
  ProcessPlan Orderly(ProcessKind kind, const std::string& name) {
    return Plan(
        kind, name,
        absl::StrCat("trap 'echo ", name, " >> ", folder_ / "order", "; exit 0' TERM; touch ",
                     folder_ / (name + ".up"), "; while :; do sleep 0.01; done"));
  }
  bool AwaitUp(const std::string& name) {
    return Await([&] { return base::Exists(folder_ / (name + ".up")); });
  }
  std::unique_ptr<Supervisor> Make(std::vector<ProcessPlan> plans) {
    return std::make_unique<Supervisor>(
        std::move(plans), [this](const std::string& sentence) { told_.push_back(sentence); });
  }
  // Tends until something is told or it fails.
  absl::Status TendUntilTold(Supervisor& supervisor, std::size_t sentences) {
    absl::Status status;
    EXPECT_TRUE(Await([&] {
      status = supervisor.Tend(absl::Now(), 0);
      return !status.ok() || told_.size() >= sentences;
    }));
    return status;
  }

  base::TemporaryFolder folder_;
  base::SignalWaiter signals_ = *base::SignalWaiter::Create();
  std::vector<std::string> told_;
};

TEST_F(SupervisorTest, DrainsActorsThenLearnerThenRewardersThenCoordinator) {
  const auto supervisor =
      Make({Orderly(ProcessKind::kCoordinator, "coordinator-0"),
            Orderly(ProcessKind::kRewarder, "rewarder-0"),
            Orderly(ProcessKind::kLearner, "learner-0"), Orderly(ProcessKind::kActor, "actor-0")});
  ASSERT_TRUE(supervisor->Start().ok());
  for (const char* name : {"coordinator-0", "rewarder-0", "learner-0", "actor-0"}) {
    ASSERT_TRUE(AwaitUp(name));
  }
  EXPECT_TRUE(supervisor->Drain(signals_));
  EXPECT_EQ(*base::ReadFile(folder_ / "order"), "actor-0\nlearner-0\nrewarder-0\ncoordinator-0\n");
  EXPECT_TRUE(supervisor->Pids().empty());
}

TEST_F(SupervisorTest, KillsWhatDoesNotEndInItsGracePeriod) {
  const auto supervisor = Make({Plan(ProcessKind::kActor, "actor-0",
                                     absl::StrCat("trap '' TERM; touch ", folder_ / "actor-0.up",
                                                  "; while :; do sleep 0.01; done"))});
  ASSERT_TRUE(supervisor->Start().ok());
  ASSERT_TRUE(AwaitUp("actor-0"));
  const pid_t pid = supervisor->Pids().at("actor-0");
  EXPECT_FALSE(supervisor->Drain(signals_, absl::Milliseconds(50)));
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_THAT(told_, ElementsAre("actor-0 did not end in time; killed"));
}

TEST_F(SupervisorTest, TellsWhatFailsWhileItIsStopped) {
  const auto supervisor =
      Make({Plan(ProcessKind::kLearner, "learner-0",
                 absl::StrCat("trap 'echo \"gyre-learner: no room\" >&2; exit 1' TERM; touch ",
                              folder_ / "learner-0.up", "; while :; do sleep 0.01; done"))});
  ASSERT_TRUE(supervisor->Start().ok());
  ASSERT_TRUE(AwaitUp("learner-0"));
  EXPECT_TRUE(supervisor->Drain(signals_));
  EXPECT_THAT(told_, ElementsAre(absl::StrCat("learner-0 failed while it was stopped: no room (",
                                              folder_ / "learner-0.log", ")")));
}

TEST_F(SupervisorTest, TellsWhatFailsByItselfOnceTheRunIsComplete) {
  const auto supervisor =
      Make({Plan(ProcessKind::kActor, "actor-0", "echo 'gyre-actor: no memory' >&2; exit 1")});
  ASSERT_TRUE(supervisor->Start().ok());
  supervisor->AwaitMembers(signals_, absl::Seconds(60));
  EXPECT_THAT(told_,
              ElementsAre(absl::StrCat("actor-0 failed when the run was complete: no memory (",
                                       folder_ / "actor-0.log", ")")));
}

TEST_F(SupervisorTest, SaysNothingOfFormerLives) {
  ASSERT_TRUE(
      base::WriteFileAtomically(folder_ / "learner-0.log", "gyre-learner: of yesterday\n").ok());
  const auto supervisor = Make({Plan(ProcessKind::kLearner, "learner-0", "echo starting; exit 1")});
  ASSERT_TRUE(supervisor->Start().ok());
  EXPECT_EQ(TendUntilTold(*supervisor, 1).message(),
            absl::StrCat("learner-0 failed: starting (", folder_ / "learner-0.log", ")"));
}

TEST_F(SupervisorTest, KillsAllAtASignalWhileDraining) {
  const auto supervisor =
      Make({Plan(ProcessKind::kCoordinator, "coordinator-0",
                 absl::StrCat("trap '' TERM; touch ", folder_ / "coordinator-0.up",
                              "; while :; do sleep 0.01; done"))});
  ASSERT_TRUE(supervisor->Start().ok());
  ASSERT_TRUE(AwaitUp("coordinator-0"));
  kill(getpid(), SIGINT);  // blocked: it waits for the drain to look
  EXPECT_FALSE(supervisor->Drain(signals_));
  EXPECT_TRUE(supervisor->Pids().empty());
}

TEST_F(SupervisorTest, GoesOnDrainingWhenTheTerminalClosesTwice) {
  const auto supervisor = Make({Orderly(ProcessKind::kActor, "actor-0")});
  ASSERT_TRUE(supervisor->Start().ok());
  ASSERT_TRUE(AwaitUp("actor-0"));
  kill(getpid(), SIGHUP);  // blocked, too
  EXPECT_TRUE(supervisor->Drain(signals_));
  EXPECT_EQ(*base::ReadFile(folder_ / "order"), "actor-0\n");
}

TEST_F(SupervisorTest, StartsAgainWhatIsKilled) {
  const auto supervisor = Make({Orderly(ProcessKind::kActor, "actor-0")});
  ASSERT_TRUE(supervisor->Start().ok());
  const pid_t first = supervisor->Pids().at("actor-0");
  kill(first, SIGKILL);
  ASSERT_TRUE(TendUntilTold(*supervisor, 1).ok());
  EXPECT_THAT(told_, ElementsAre("actor-0 ended (killed by signal 9); starting it again"));
  EXPECT_TRUE(Await([&] {
    EXPECT_TRUE(supervisor->Tend(absl::Now(), 0).ok());
    return supervisor->Pids().count("actor-0") == 1;
  }));
  EXPECT_NE(supervisor->Pids().at("actor-0"), first);
  EXPECT_EQ(supervisor->Restarts().at("actor-0"), 1);
}

TEST_F(SupervisorTest, UsesTheOtherCommandLineFromTheSecondStartOn) {
  ProcessPlan plan = Plan(ProcessKind::kCoordinator, "coordinator-0", "exit 3");
  plan.restart_argv = {"/bin/sh", "-c",
                       absl::StrCat("touch ", folder_ / "again", "; exec sleep 100")};
  const auto supervisor = Make({plan});
  ASSERT_TRUE(supervisor->Start().ok());
  EXPECT_TRUE(Await([&] {
    EXPECT_TRUE(supervisor->Tend(absl::Now(), 0).ok());
    return base::Exists(folder_ / "again");
  }));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("coordinator-0 ended (as it asked for)")));
}

TEST_F(SupervisorTest, EndsTheRunWhenTheLearnerFailsAndSaysWhy) {
  const auto supervisor =
      Make({Plan(ProcessKind::kLearner, "learner-0",
                 "echo '2026-01-31 12:00:00.000 info learner-0: fine'; echo 'gyre-learner: the "
                 "third update in a row is not finite' >&2; exit 1")});
  ASSERT_TRUE(supervisor->Start().ok());
  const absl::Status status = TendUntilTold(*supervisor, 1);
  EXPECT_EQ(status.message(),
            absl::StrCat("learner-0 failed: the third update in a row is not finite (",
                         folder_ / "learner-0.log", ")"));
}

TEST_F(SupervisorTest, StartsAFailedActorAgainAndEndsTheRunWhenItFailsAgainAndAgain) {
  const auto supervisor =
      Make({Plan(ProcessKind::kActor, "actor-0", "echo 'gyre-actor: no memory' >&2; exit 1")});
  ASSERT_TRUE(supervisor->Start().ok());
  absl::Status status;
  absl::Time now = absl::Now();
  ASSERT_TRUE(Await([&] {
    // Only pauses pass quickly, however long a process takes to end.
    if (supervisor->Pids().empty()) now += absl::Seconds(1);
    status = supervisor->Tend(now, 0);
    return !status.ok();
  }));
  EXPECT_EQ(told_.size(), 10u);
  EXPECT_EQ(told_[0], "actor-0 ended (exit code 1, no memory); starting it again");
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("actor-0 ended 11 times without progress of the run"),
                    HasSubstr("no memory")));
}

TEST_F(SupervisorTest, EndsTheRunWhenACommandLineIsRefused) {
  const auto supervisor = Make({Plan(ProcessKind::kRewarder, "rewarder-0", "exit 2")});
  ASSERT_TRUE(supervisor->Start().ok());
  EXPECT_THAT(std::string(TendUntilTold(*supervisor, 1).message()), HasSubstr("rewarder-0 failed"));
}

TEST_F(SupervisorTest, AddsUpTheProcessorTimeOfAllLives) {
  const auto supervisor = Make({Plan(ProcessKind::kActor, "actor-0",
                                     "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 3")});
  ASSERT_TRUE(supervisor->Start().ok());
  ASSERT_TRUE(TendUntilTold(*supervisor, 1).ok());
  const absl::Duration first = supervisor->CpuTime();
  EXPECT_GT(first, absl::Milliseconds(5));
  ASSERT_TRUE(TendUntilTold(*supervisor, 2).ok());
  EXPECT_GT(supervisor->CpuTime(), first + absl::Milliseconds(5));
}

}  // namespace
}  // namespace gyre::cli

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "cli/run/free_port.h"
#include "cli/run/log_tail.h"
#include "cli/run/processes.h"
#include "cli/run/resume_command.h"
#include "cli/run/run_result.h"
#include "cli/run/usage_meter.h"
#include "spec/load_spec.h"
#include "tests/base/temporary_folder.h"
#include "tests/spec/spec_texts.h"

namespace gyre::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string LastErrorOf(const std::string& text) {
  const base::TemporaryFolder folder;
  EXPECT_TRUE(base::WriteFileAtomically(folder / "log", text).ok());
  return LastErrorLine(folder / "log");
}

TEST(LogTail, FindsTheLastLineThatTellsOfAnError) {
  EXPECT_EQ(LastErrorOf("2026-01-31 12:00:00.000 error learner-0: first\n"
                        "2026-01-31 12:00:00.000 error learner-0: disk full: x.tmp\n"
                        "2026-01-31 12:00:00.000 info learner-0: leaving\n"),
            "disk full: x.tmp");
  EXPECT_EQ(LastErrorOf("2026-01-31 12:00:00.000 info a: b\ngyre-learner: no such file\n"),
            "no such file");
  EXPECT_EQ(LastErrorOf("a.cc:12: it holds (x is false)\n"), "a.cc:12: it holds (x is false)");
}

TEST(LogTail, TakesTheLevelAndNotAWordOfTheMessage) {
  EXPECT_EQ(LastErrorOf("2026-01-31 12:00:00.000 error learner-0: disk full\n"
                        "2026-01-31 12:00:00.000 info learner-0: the last error was counted\n"),
            "disk full");
}

TEST(LogTail, LeavesOutFormerLives) {
  const base::TemporaryFolder folder;
  const std::string before = "gyre-actor: of yesterday\n";
  ASSERT_TRUE(base::WriteFileAtomically(folder / "log", before + "starting\n").ok());
  EXPECT_EQ(LastErrorLine(folder / "log", before.size()), "starting");
  EXPECT_EQ(LastErrorLine(folder / "log"), "of yesterday");
  EXPECT_EQ(LastErrorLine(folder / "log", 10'000), "of yesterday");  // the log was written anew
}

TEST(LogTail, FallsBackToTheLastLine) {
  EXPECT_EQ(LastErrorOf("one\ntwo\n\n"), "two");
  EXPECT_EQ(LastErrorOf(""), "");
  EXPECT_EQ(LastErrorLine("/nowhere/log"), "");
}

TEST(LogTail, ReadsTheEndOfALongLog) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "2026-01-31 12:00:00.000 info a: fine\n";
  EXPECT_EQ(LastErrorOf(text + "gyre-actor: gone\n"), "gone");
}

TEST(FreePort, FindsPortsOutsideTheRangeOfOutgoingConnections) {
  const auto ports = FindFreePorts(5);
  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_EQ(std::set<int>(ports->begin(), ports->end()).size(), 5u);
  for (const int port : *ports) {
    EXPECT_GE(port, 20000);
    EXPECT_LE(port, 32000);
  }
}

TEST(FreePort, LeavesOutThePortThatIsSpokenFor) {
  for (int tries = 0; tries < 20; ++tries) {
    const int port = FindFreePorts(1)->front();
    const auto others = FindFreePorts(3, port);
    ASSERT_TRUE(others.ok());
    EXPECT_THAT(*others, Not(Contains(port)));
  }
}

TEST(FreePort, KnowsThatAPortIsTaken) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  EXPECT_EQ(CheckPortFree(port).message(), absl::StrCat("port ", port, " is taken"));
  close(listener);
  EXPECT_TRUE(CheckPortFree(port).ok());
}

TEST(Processes, AreThoseThatLocalAsksFor) {
  const auto spec =
      spec::LoadSpecText("f", spec::ValidSpec(), {"local.actors=2", "local.learner_ranks=2"});
  RunPlan plan;
  plan.binary_folder = "/bin";
  plan.run_dir = "/run";
  plan.spec_path = "/run/spec.textproto";
  plan.coordinator_address = "127.0.0.1:4000";
  plan.run_token = "secret";
  const auto processes = PlanProcesses(*spec, plan);
  std::vector<std::string> names;
  for (const ProcessPlan& process : processes) names.push_back(process.name);
  EXPECT_THAT(names, ElementsAre("coordinator-0", "rewarder-0", "learner-0", "learner-1", "actor-0",
                                 "actor-1"));
  EXPECT_EQ(NumProcesses(*spec), 6);
  EXPECT_EQ(processes[5].argv[0], "/bin/gyre-actor");
  EXPECT_THAT(processes[5].argv, AllOf(Contains("--join"), Contains("127.0.0.1:4000"),
                                       Contains("actor-1"), Contains("/run/logs/actor-1.log")));
  EXPECT_THAT(processes[0].argv, AllOf(Contains("--address"), Not(Contains("--resume"))));
  EXPECT_THAT(processes[0].restart_argv, Contains("--resume"));
  EXPECT_EQ(processes[1].restart_argv, processes[1].argv);
}

TEST(Processes, GetTheRunTokenWhereOtherUsersCannotReadIt) {
  RunPlan plan;
  plan.run_token = "secret";
  for (const ProcessPlan& process :
       PlanProcesses(*spec::LoadSpecText("f", spec::ValidSpec()), plan)) {
    EXPECT_THAT(process.argv, Not(Contains(HasSubstr("secret"))));
    EXPECT_THAT(process.restart_argv, Not(Contains(HasSubstr("secret"))));
    EXPECT_THAT(process.environment, ElementsAre("GYRE_RUN_TOKEN=secret"));
  }
}

TEST(Processes, OfAResumedRunSaySoFromTheFirstStartOn) {
  RunPlan plan;
  plan.resume = true;
  plan.metrics_ports = {7000, 7001, 7002, 7003};
  const auto processes = PlanProcesses(*spec::LoadSpecText("f", spec::ValidSpec()), plan);
  EXPECT_THAT(processes[0].argv, Contains("--resume"));
  EXPECT_EQ(processes[3].metrics_port, 7003);
  EXPECT_THAT(processes[3].argv, Contains("7003"));
}

TEST(UsageMeter, TellsHowManyCoresAStageKeptBusy) {
  UsageMeter meter(2);
  const absl::Time start = absl::FromUnixSeconds(0);
  meter.Record("", start, absl::Seconds(1));
  meter.Record("base", start + absl::Seconds(10), absl::Seconds(20));
  meter.Record("base", start + absl::Seconds(20), absl::Seconds(39));
  meter.Record("zero", start + absl::Seconds(30), absl::Seconds(49));
  EXPECT_THAT(meter.Sentences(), ElementsAre("base: 1.90 of 2 cores busy (95 %)",
                                             "zero: 1.00 of 2 cores busy (50 %)"));
}

TEST(UsageMeter, GoesOnAfterAResume) {
  const base::TemporaryFolder folder;
  const absl::Time start = absl::FromUnixSeconds(0);
  {
    UsageMeter meter(2);
    meter.Record("base", start, absl::ZeroDuration());
    meter.Record("base", start + absl::Seconds(10), absl::Seconds(20));
    meter.SetRestarts({{"actor-0", 2}});
    ASSERT_TRUE(meter.Save(folder / "p.json").ok());
  }
  UsageMeter meter(2);
  meter.Load(folder / "p.json");
  meter.Record("base", start, absl::ZeroDuration());
  meter.Record("base", start + absl::Seconds(10), absl::Seconds(10));
  meter.SetRestarts({{"actor-0", 1}, {"learner-0", 1}});
  EXPECT_THAT(meter.Sentences(), ElementsAre("base: 1.50 of 2 cores busy (75 %)"));
  ASSERT_TRUE(meter.Save(folder / "p.json").ok());
  const auto json = nlohmann::json::parse(*base::ReadFile(folder / "p.json"));
  EXPECT_EQ(json["restarts"]["actor-0"], 3);
  EXPECT_EQ(json["restarts"]["learner-0"], 1);
  EXPECT_EQ(json["stages"][0]["wall_seconds"], 20);
}

TEST(UsageMeter, IgnoresADamagedFile) {
  const base::TemporaryFolder folder;
  for (const char* text :
       {"{\"stages\":[5],\"restarts\":3", "[]", R"({"stages":[5],"restarts":3})", R"({"stages":7})",
        R"({"stages":[{"name":5,"wall_seconds":1}],"restarts":{"a":"x"}})"}) {
    ASSERT_TRUE(base::WriteFileAtomically(folder / "p.json", text).ok());
    UsageMeter meter(2);
    meter.Load(folder / "p.json");
    EXPECT_TRUE(meter.Sentences().empty()) << text;
  }
}

TEST(UsageMeter, SaysWhyTheRunFailedUntilItGoesOn) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder / "summary.json", R"({"status":"stopped"})").ok());
  UsageMeter meter(2);
  meter.SetFailure("actor-0 failed: no memory");
  ASSERT_TRUE(meter.Save(folder / "processes.json").ok());
  EXPECT_EQ(RunStatus(folder.path()), "failed");
  EXPECT_THAT(*ResultTable(folder.path()), HasSubstr("failed: actor-0 failed: no memory\n"));
  UsageMeter again(2);
  again.Load(folder / "processes.json");
  ASSERT_TRUE(again.Save(folder / "processes.json").ok());
  EXPECT_EQ(RunStatus(folder.path()), "stopped");
}

TEST(RunResult, ShowsWhatChanged) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder / "summary.json", R"({"status":"finished",
    "wall_seconds":251.5,"stages":[{"name":"base","steps":20,"seconds":100.2},
    {"name":"zero","steps":6,"seconds":151}],
    "evals":[{"stage":"zero","step":0,"accuracy":0.2,"mean_response_tokens":40},
             {"stage":"zero","step":6,"accuracy":0.6,"mean_response_tokens":100}],
    "groups":{"issued":"24","consumed":"24"},"max_logprob_difference":0,
    "logprobs_compared":"12345","policy":{"version":"26","digest":"0123456789abcdef0123"}})")
                  .ok());
  EXPECT_EQ(RunStatus(folder.path()), "finished");
  const auto table = ResultTable(folder.path());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(*table, AllOf(HasSubstr("stage zero: accuracy 0.200 -> 0.600, mean response 40.0 -> "
                                      "100.0 tokens (x 2.50)"),
                            HasSubstr("time 4:11  base 1:40  zero 2:31"),
                            HasSubstr("largest log-prob difference 0 over 12,345 tokens"),
                            HasSubstr("issued 24"), HasSubstr("digest 0123456789abcdef\n")));
}

TEST(RunResult, SaysWhatIsNotFiniteAndNeverCallsIt0) {
  const base::TemporaryFolder folder;
  for (const char* difference : {"null", R"("Infinity")", R"("NaN")"}) {
    ASSERT_TRUE(
        base::WriteFileAtomically(folder / "summary.json",
                                  absl::StrCat(R"({"status":"finished","logprobs_compared":123,)",
                                               R"("max_logprob_difference":)", difference, "}"))
            .ok());
    EXPECT_THAT(*ResultTable(folder.path()),
                HasSubstr("largest log-prob difference not finite over 123 tokens"));
  }
}

TEST(RunResult, ShowsNoAccuracyWhereNothingWasScored) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder / "summary.json", R"({"status":"finished","evals":[
    {"stage":"zero","step":7,"problems":10,"samples_per_prompt":2,"accuracy":null,
     "majority_accuracy":null,"pass_at_k":null,"unscored_samples":20}]})")
                  .ok());
  EXPECT_THAT(*ResultTable(folder.path()), ::testing::ContainsRegex("zero +7 +- +- +- .* 20\n"));
}

TEST(RunResult, ShowsLargeVersionsWhole) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(
      base::WriteFileAtomically(folder / "summary.json", R"({"policy":{"version":12345678}})")
          .ok());
  EXPECT_THAT(*ResultTable(folder.path()), HasSubstr("policy version 12345678,"));
}

TEST(RunResult, SaysWhyTheRunFailed) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder / "summary.json",
                                        R"({"status":"failed","failure":"replay differs"})")
                  .ok());
  EXPECT_EQ(RunStatus(folder.path()), "failed");
  EXPECT_THAT(*ResultTable(folder.path()), HasSubstr("failed: replay differs\n"));
}

TEST(RunResult, NeedsNoTranscripts) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder / "summary.json", R"({"status":"finished"})").ok());
  ASSERT_TRUE(base::WriteFileAtomically(folder / "samples.jsonl", "damaged\n").ok());
  EXPECT_EQ(RunStatus(folder.path()), "finished");
}

TEST(ResumeCommand, IsOneThatAShellTakes) {
  RunOptions options;
  options.binary_folder = std::filesystem::current_path() / "build/bin";
  options.spec_path = "my recipes/it's.textproto";
  options.run_dir = "runs/demo";
  options.overrides = {"stage[1].rl.steps=5", "seed=7"};
  EXPECT_EQ(ResumeCommand(options),
            "build/bin/gyre run 'my recipes/it'\\''s.textproto' --run-dir runs/demo "
            "--set 'stage[1].rl.steps=5' --set seed=7 --resume");
}

TEST(ResumeCommand, KeepsTheOptions) {
  RunOptions options;
  options.binary_folder = "/opt/gyre/bin";
  options.spec_path = "a.textproto";
  options.run_dir = "/r";
  options.quiet = options.serve_metrics = true;
  options.port = 4000;
  EXPECT_EQ(ResumeCommand(options),
            "/opt/gyre/bin/gyre run a.textproto --run-dir /r --quiet --metrics --port 4000 "
            "--resume");
}

TEST(RunResult, IsEmptyWithoutASummary) {
  const base::TemporaryFolder folder;
  EXPECT_EQ(RunStatus(folder.path()), "");
  EXPECT_FALSE(ResultTable(folder.path()).ok());
}

}  // namespace
}  // namespace gyre::cli

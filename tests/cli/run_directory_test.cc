#include "cli/run/run_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <thread>

#include "absl/time/clock.h"
#include "base/file.h"
#include "spec/load_spec.h"
#include "tests/base/temporary_folder.h"
#include "tests/spec/spec_texts.h"

namespace gyre::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

RunSpec Spec(const std::vector<std::string>& overrides = {}) {
  return *spec::LoadSpecText("f", spec::ValidSpec(), overrides);
}

std::string Message(const absl::StatusOr<RunDirectory>& directory) {
  return std::string(directory.status().message());
}

TEST(RunDirectory, IsMadeWithTheResolvedSpec) {
  const base::TemporaryFolder folder;
  const auto directory = RunDirectory::Create(folder / "a/run", Spec({"seed=9"}));
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ(spec::LoadSpec(directory->spec_path())->seed(), 9u);
  EXPECT_TRUE(base::Exists(folder / "a/run/logs"));
}

TEST(RunDirectory, IsHeldByOneAtATime) {
  const base::TemporaryFolder folder;
  const auto first = RunDirectory::Create(folder / "run", Spec());
  ASSERT_TRUE(first.ok());
  for (const auto& second : {RunDirectory::Create(folder / "run", Spec()),
                             RunDirectory::Reopen(folder / "run", Spec())}) {
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Message(second), AllOf(HasSubstr("is in use by another gyre run (process "),
                                       HasSubstr("choose another --run-dir")));
  }
}

TEST(RunDirectory, IsNotUsedTwice) {
  const base::TemporaryFolder folder;
  { ASSERT_TRUE(RunDirectory::Create(folder / "run", Spec()).ok()); }
  const auto again = RunDirectory::Create(folder / "run", Spec({"seed=9"}));
  EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(again), HasSubstr("holds a run already; go on with it by --resume"));
  EXPECT_EQ(spec::LoadSpec(folder / "run/spec.textproto")->seed(), 1u);
}

TEST(RunDirectory, LeavesForeignFilesAlone) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder / "thesis.txt", "x").ok());
  const auto directory = RunDirectory::Create(folder.path(), Spec());
  EXPECT_THAT(Message(directory), HasSubstr("is not empty; choose another --run-dir"));
  EXPECT_EQ(base::ListFolder(folder.path())->size(), 1u);
}

TEST(RunDirectory, IsReopenedWithTheSameSpec) {
  const base::TemporaryFolder folder;
  { ASSERT_TRUE(RunDirectory::Create(folder / "run", Spec()).ok()); }
  EXPECT_TRUE(RunDirectory::Reopen(folder / "run", Spec()).ok());
}

TEST(RunDirectory, IsReopenedWithOtherProcesses) {
  const base::TemporaryFolder folder;
  { ASSERT_TRUE(RunDirectory::Create(folder / "run", Spec()).ok()); }
  const auto again = RunDirectory::Reopen(folder / "run", Spec({"local.actors=3"}));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(spec::LoadSpec(again->spec_path())->local().actors(), 3u);
}

TEST(RunDirectory, IsNotReopenedWithOtherRanksWhichChangeTheWeights) {
  const base::TemporaryFolder folder;
  { ASSERT_TRUE(RunDirectory::Create(folder / "run", Spec({"local.learner_ranks=2"})).ok()); }
  const auto again = RunDirectory::Reopen(folder / "run", Spec());
  EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(again), HasSubstr("modified: local.learner_ranks: 2 -> 1"));
}

TEST(RunDirectory, IsReopenedWithoutALookAtTheFilesThatItsSpecNames) {
  const base::TemporaryFolder folder;
  { ASSERT_TRUE(RunDirectory::Create(folder / "run", Spec()).ok()); }
  // As a resolved spec names them; the model is gone, or takes long to read.
  RunSpec elsewhere = Spec();
  elsewhere.clear_model();
  elsewhere.mutable_model()->set_path("/nowhere/model");
  ASSERT_TRUE(spec::WriteSpec(elsewhere, folder / "run/spec.textproto").ok());
  EXPECT_TRUE(RunDirectory::Reopen(folder / "run", elsewhere).ok());
}

TEST(RunDirectory, IsNotRefusedForTheMomentInWhichSomebodyLooksWhoHoldsIt) {
  const base::TemporaryFolder folder;
  { ASSERT_TRUE(RunDirectory::Create(folder / "run", Spec()).ok()); }
  const int looks = open((folder / "run/run.lock").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(looks, LOCK_SH | LOCK_NB), 0);
  std::thread goes([looks] {
    absl::SleepFor(absl::Milliseconds(5));
    close(looks);
  });
  EXPECT_TRUE(RunDirectory::Reopen(folder / "run", Spec()).ok());
  goes.join();
}

TEST(RunDirectory, MayHoldWhatAStartThatCameNoFurtherLeft) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::CreateFolders(folder / "logs").ok());
  for (const char* name : {"run.lock", "spec.textproto.tmp"}) {
    ASSERT_TRUE(base::WriteFileAtomically(folder / name, "x").ok());
  }
  EXPECT_TRUE(RunDirectory::Create(folder.path(), Spec()).ok());
}

TEST(RunDirectory, TellsWhoHoldsIt) {
  const base::TemporaryFolder folder;
  EXPECT_EQ(RunDirectory::Owner(folder / "run"), std::nullopt);
  {
    const auto directory = RunDirectory::Create(folder / "run", Spec());
    ASSERT_TRUE(directory.ok());
    EXPECT_EQ(RunDirectory::Owner(folder / "run"), std::to_string(getpid()));
  }
  EXPECT_EQ(RunDirectory::Owner(folder / "run"), std::nullopt);
}

TEST(RunDirectory, NamesTheFieldsOfAnotherSpec) {
  const base::TemporaryFolder folder;
  { ASSERT_TRUE(RunDirectory::Create(folder / "run", Spec()).ok()); }
  const auto again = RunDirectory::Reopen(folder / "run", Spec({"seed=2", "stage[1].rl.steps=60"}));
  EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(again), AllOf(HasSubstr("modified: seed: 1 -> 2"),
                                    HasSubstr("modified: stage[1].rl.steps: 6 -> 60")));
  EXPECT_EQ(spec::LoadSpec(folder / "run/spec.textproto")->seed(), 1u);
}

TEST(RunDirectory, CannotBeReopenedWithoutARun) {
  const base::TemporaryFolder folder;
  const auto directory = RunDirectory::Reopen(folder / "run", Spec());
  EXPECT_EQ(directory.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(directory), HasSubstr("leave --resume out"));
  EXPECT_FALSE(base::Exists(folder / "run"));
}

}  // namespace
}  // namespace gyre::cli

#include "coordinator/ledger_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "coordinator/sqlite.h"
#include "tests/base/temporary_folder.h"

namespace gyre::coordinator {
namespace {

using testing::HasSubstr;

const std::string kSpec(32, 's');

class LedgerStoreTest : public testing::Test {
 protected:
  void Execute(const std::string& sql) {
    absl::StatusOr<SqliteDatabase> database = SqliteDatabase::Open(path_);
    ASSERT_EQ(database.status(), absl::OkStatus());
    ASSERT_EQ(database->Execute(sql), absl::OkStatus());
  }

  base::TemporaryFolder folder_;
  const std::string path_ = folder_ / "ledger.sqlite";
};

TEST_F(LedgerStoreTest, KeepsItsRows) {
  {
    const absl::StatusOr<std::unique_ptr<LedgerStore>> store = LedgerStore::Open(path_, kSpec);
    ASSERT_EQ(store.status(), absl::OkStatus());
    ASSERT_EQ((*store)->Write({RunRow{.epoch = 3, .attempt = 2, .wall_seconds = 1.5}}),
              absl::OkStatus());
  }
  const absl::StatusOr<std::unique_ptr<LedgerStore>> store = LedgerStore::Open(path_, kSpec);
  ASSERT_EQ(store.status(), absl::OkStatus());
  const absl::StatusOr<LedgerContents> contents = (*store)->Load();
  ASSERT_EQ(contents.status(), absl::OkStatus());
  EXPECT_EQ(contents->run.epoch, 3u);
  EXPECT_EQ(contents->run.attempt, 2u);
  EXPECT_EQ(contents->run.wall_seconds, 1.5);
}

TEST_F(LedgerStoreTest, ReadsNumbersOfThoseGroupsOnlyThatAStepOrAnEvaluationStillNeeds) {
  const std::unique_ptr<LedgerStore> store = LedgerStore::OpenInMemory();
  const auto row = [](Purpose purpose, uint64_t slot, uint32_t attempt, GroupState state) {
    GroupRow group{.key = {.stage = 1, .purpose = purpose, .slot = slot, .attempt = attempt}};
    group.state = state;
    group.numbers.set_samples(2);
    group.numbers.set_policy_tokens(10);
    (*group.numbers.mutable_errors())["accuracy/TIMEOUT"] = 2;
    return group;
  };
  ASSERT_EQ((*store).Write(
                {row(TRAIN, 0, 0, GroupState::kDropped), row(TRAIN, 0, 1, GroupState::kDropped),
                 row(TRAIN, 1, 0, GroupState::kConsumed), row(TRAIN, 2, 0, GroupState::kDropped),
                 row(TRAIN, 3, 0, GroupState::kReady), row(EVAL, 0, 0, GroupState::kDropped)}),
            absl::OkStatus());
  const absl::StatusOr<LedgerContents> contents = store->Load();
  ASSERT_EQ(contents.status(), absl::OkStatus());
  std::vector<std::string> with_errors;
  for (const GroupRow& group : contents->groups) {
    EXPECT_EQ(group.numbers.policy_tokens(), 10u) << Describe(group.key);
    if (group.numbers.errors_size() > 0) with_errors.push_back(Describe(group.key));
  }
  EXPECT_THAT(with_errors,
              testing::UnorderedElementsAre(Describe(row(TRAIN, 2, 0, GroupState::kDropped).key),
                                            Describe(row(TRAIN, 3, 0, GroupState::kReady).key),
                                            Describe(row(EVAL, 0, 0, GroupState::kDropped).key)));
}

TEST_F(LedgerStoreTest, RefusesAForeignDatabaseAndLeavesItAsItIs) {
  Execute("CREATE TABLE songs(title TEXT); PRAGMA user_version=1;");
  const std::string before = *base::ReadFile(path_);
  const absl::Status refused = LedgerStore::Open(path_, kSpec).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("is no ledger of Gyre"));
  EXPECT_THAT(refused.message(), HasSubstr(path_));
  EXPECT_EQ(*base::ReadFile(path_), before);
}

TEST_F(LedgerStoreTest, RefusesAnotherSchemaAndNamesBoth) {
  ASSERT_EQ(LedgerStore::Open(path_, kSpec).status(), absl::OkStatus());
  Execute("PRAGMA user_version=99;");
  const absl::Status refused = LedgerStore::Open(path_, kSpec).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("has schema 99, this build knows"));
}

TEST_F(LedgerStoreTest, RefusesTheLedgerOfAnotherSpec) {
  ASSERT_EQ(LedgerStore::Open(path_, kSpec).status(), absl::OkStatus());
  const absl::Status refused = LedgerStore::Open(path_, std::string(32, 't')).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("belongs to a run with spec"));
}

TEST_F(LedgerStoreTest, RefusesWhatIsNoDatabase) {
  ASSERT_EQ(base::WriteFileAtomically(path_, std::string(5000, 'x')), absl::OkStatus());
  const absl::Status refused = LedgerStore::Open(path_, kSpec).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(refused.message(), HasSubstr(path_));
  EXPECT_EQ(*base::ReadFile(path_), std::string(5000, 'x'));
}

}  // namespace
}  // namespace gyre::coordinator

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

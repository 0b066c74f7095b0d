#include "coordinator/ledger_store.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "coordinator/ledger_schema.h"
#include "coordinator/row_words.h"

namespace gyre::coordinator {
namespace {

constexpr char kAdvice[] =
    "; put a good copy in its place, or start the run anew in another run directory";

// `what` may have several lines, as SQLite's checks have; an error has one.
absl::Status Damaged(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(
      "the ledger ", path, " is damaged: ", absl::StrReplaceAll(what, {{"\n", "; "}}), kAdvice));
}

}  // namespace

// One prepared statement a kind of row.
struct LedgerStore::Statements {
  SqliteStatement run, group, group_state, step, policy, withdraw, checkpoint, evaluation, stage,
      transcript;
};

LedgerStore::LedgerStore(SqliteDatabase database) : database_(std::move(database)) {}
LedgerStore::~LedgerStore() = default;

absl::StatusOr<std::unique_ptr<LedgerStore>> LedgerStore::Open(const std::string& path,
                                                               const std::string& spec_digest) {
  GYRE_ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::Open(path));
  std::unique_ptr<LedgerStore> store(new LedgerStore(std::move(database)));
  const absl::Status checked = store->CheckFile(spec_digest);
  if (absl::IsDataLoss(checked) && !absl::StrContains(checked.message(), kAdvice)) {
    return Damaged(path, std::string(checked.message()));
  }
  GYRE_RETURN_IF_ERROR(checked);
  GYRE_RETURN_IF_ERROR(store->Prepare());
  return store;
}

std::unique_ptr<LedgerStore> LedgerStore::OpenInMemory() {
  absl::StatusOr<SqliteDatabase> database = SqliteDatabase::Open(":memory:");
  GYRE_CHECK(database.ok(), "a database in memory opens");
  std::unique_ptr<LedgerStore> store(new LedgerStore(*std::move(database)));
  GYRE_CHECK(store->database_.Execute(kSchema).ok(), "the schema is valid");
  GYRE_CHECK(store->Prepare().ok(), "the statements are valid");
  return store;
}

absl::Status LedgerStore::CheckFile(const std::string& spec_digest) {
  const std::string& path = database_.path();
  // What is not ours is only read.
  GYRE_ASSIGN_OR_RETURN(const std::string checked, database_.Ask("PRAGMA quick_check(1)"));
  if (checked != "ok") return Damaged(path, checked);
  GYRE_ASSIGN_OR_RETURN(const int64_t application, database_.AskNumber("PRAGMA application_id"));
  GYRE_ASSIGN_OR_RETURN(const int64_t version, database_.AskNumber("PRAGMA user_version"));
  GYRE_ASSIGN_OR_RETURN(const int64_t tables,
                        database_.AskNumber("SELECT count(*) FROM sqlite_schema"));
  const bool is_new = tables == 0;
  if (!is_new && application != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is no ledger of Gyre; use another run directory"));
  }
  if (!is_new && version != kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat("the ledger ", path, " has schema ", version,
                                                      ", this build knows ", kSchemaVersion,
                                                      "; use the build that began the run"));
  }
  GYRE_ASSIGN_OR_RETURN(const std::string mode, database_.Ask("PRAGMA journal_mode=WAL"));
  GYRE_RETURN_IF_ERROR(database_.Execute("PRAGMA synchronous=FULL"));
  // Some file systems (network mounts, ntfs3) report WAL and fail at the first write, so write.
  absl::Status written = absl::OkStatus();
  if (is_new) {
    written = database_.Execute(absl::StrCat("BEGIN IMMEDIATE;", kSchema,
                                             "PRAGMA application_id=", kApplicationId,
                                             ";PRAGMA user_version=", kSchemaVersion, ";"));
    if (written.ok()) {
      GYRE_ASSIGN_OR_RETURN(SqliteStatement insert,
                            database_.Prepare("INSERT INTO spec VALUES(?)"));
      insert.BindBlob(1, spec_digest);
      written = insert.Run();
    }
    if (written.ok()) written = database_.Execute("COMMIT");
  } else {
    written = database_.Execute("BEGIN IMMEDIATE; UPDATE spec SET digest = digest; COMMIT");
  }
  if (absl::IsDataLoss(written) || absl::IsResourceExhausted(written)) return written;
  if (!written.ok() || mode != "wal") {
    return absl::FailedPreconditionError(absl::StrCat(
        "the ledger ", path, " cannot be written with write-ahead logging (",
        written.ok() ? absl::StrCat("journal mode ", mode) : std::string(written.message()),
        "); put the run directory on a local disk"));
  }
  GYRE_ASSIGN_OR_RETURN(const std::string stored, database_.Ask("SELECT digest FROM spec"));
  if (stored != spec_digest) {
    return absl::FailedPreconditionError(
        absl::StrCat("the ledger ", path, " belongs to a run with spec ",
                     absl::BytesToHexString(stored.substr(0, 6)), ", not ",
                     absl::BytesToHexString(spec_digest.substr(0, 6)),
                     "; resume with the spec.textproto of its run directory"));
  }
  return absl::OkStatus();
}

absl::Status LedgerStore::Prepare() {
  const auto prepare = [&](const char* sql) { return database_.Prepare(sql); };
  GYRE_ASSIGN_OR_RETURN(SqliteStatement run, prepare("REPLACE INTO run VALUES(1,?,?,?)"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement group,
                        prepare("REPLACE INTO groups VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  GYRE_ASSIGN_OR_RETURN(
      SqliteStatement state,
      prepare("UPDATE groups SET state=?, drop_reason=?, step_version=?, transcript="
              "CASE WHEN ?1 IN ('consumed','evaluated','dropped') THEN '' ELSE transcript END "
              "WHERE stage=? AND purpose=? AND slot=? AND attempt=?"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement step, prepare("REPLACE INTO steps VALUES(?,?,?,?,?)"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement policy, prepare("REPLACE INTO policies VALUES(?,?,?,?,?)"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement withdraw, prepare("DELETE FROM policies WHERE version=?"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement checkpoint,
                        prepare("REPLACE INTO checkpoints VALUES(?,?,?,?,?)"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement evaluation,
                        prepare("REPLACE INTO evaluations VALUES(?,?,?)"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement stage, prepare("REPLACE INTO stages VALUES(?,?,?)"));
  GYRE_ASSIGN_OR_RETURN(SqliteStatement transcript,
                        prepare("INSERT INTO transcripts(text) VALUES(?)"));
  statements_.reset(new Statements{std::move(run), std::move(group), std::move(state),
                                   std::move(step), std::move(policy), std::move(withdraw),
                                   std::move(checkpoint), std::move(evaluation), std::move(stage),
                                   std::move(transcript)});
  return absl::OkStatus();
}

absl::Status LedgerStore::Write(const std::vector<LedgerRow>& rows) {
  if (rows.empty()) return absl::OkStatus();
  GYRE_RETURN_IF_ERROR(database_.Execute("BEGIN IMMEDIATE"));
  absl::Status written = absl::OkStatus();
  for (const LedgerRow& row : rows) {
    written = WriteRow(row);
    if (!written.ok()) break;
  }
  if (written.ok()) written = database_.Execute("COMMIT");
  if (!written.ok()) database_.Execute("ROLLBACK").IgnoreError();
  return written;
}

namespace {

absl::Status Put(SqliteStatement& at, const RunRow& row) {
  at.Bind(1, static_cast<int64_t>(row.epoch));
  at.Bind(2, int64_t{row.attempt});
  at.Bind(3, row.wall_seconds);
  return at.Run();
}

absl::Status Put(SqliteStatement& at, const GroupRow& row) {
  at.Bind(1, int64_t{row.key.stage});
  at.BindText(2, NameOf(row.key.purpose));
  at.Bind(3, static_cast<int64_t>(row.key.slot));
  at.Bind(4, int64_t{row.key.attempt});
  at.BindText(5, NameOf(row.state));
  at.BindText(6, row.drop_reason);
  at.Bind(7, row.step_version);
  at.Bind(8, static_cast<int64_t>(row.numbers.policy_tokens()));
  at.BindText(9, ToText(row.policies));
  at.BindText(10, row.place.file);
  at.Bind(11, static_cast<int64_t>(row.place.offset));
  at.Bind(12, static_cast<int64_t>(row.place.size_bytes));
  at.BindBlob(13, row.numbers.SerializeAsString());
  at.BindText(14, row.transcript);
  return at.Run();
}

absl::Status Put(SqliteStatement& at, const GroupStateRow& row) {
  at.BindText(1, NameOf(row.state));
  at.BindText(2, row.drop_reason);
  at.Bind(3, row.step_version);
  at.Bind(4, int64_t{row.key.stage});
  at.BindText(5, NameOf(row.key.purpose));
  at.Bind(6, static_cast<int64_t>(row.key.slot));
  at.Bind(7, int64_t{row.key.attempt});
  return at.Run();
}

absl::Status Put(SqliteStatement& at, const StepRow& row) {
  at.Bind(1, row.version);
  at.Bind(2, int64_t{row.stage});
  at.Bind(3, int64_t{row.step});
  at.BindBlob(4, row.policy_digest);
  at.BindBlob(5, row.metrics.SerializeAsString());
  return at.Run();
}

absl::Status Put(SqliteStatement& at, const PolicyRow& row) {
  at.Bind(1, row.key.version);
  at.BindBlob(2, row.key.root_digest);
  at.Bind(3, int64_t{row.stage});
  at.Bind(4, int64_t{row.attempt});
  at.BindBlob(5, row.manifest.SerializeAsString());
  return at.Run();
}

absl::Status Put(SqliteStatement& at, const CheckpointRow& row) {
  at.Bind(1, row.version);
  at.BindText(2, row.folder);
  at.BindBlob(3, row.policy_digest);
  at.Bind(4, int64_t{row.stage_end});
  at.Bind(5, int64_t{row.removed});
  return at.Run();
}

absl::Status Put(SqliteStatement& at, const EvaluationRow& row) {
  at.Bind(1, int64_t{row.stage});
  at.Bind(2, int64_t{row.index});
  at.BindBlob(3, row.result.SerializeAsString());
  return at.Run();
}

absl::Status Put(SqliteStatement& at, const StageRow& row) {
  at.Bind(1, int64_t{row.stage});
  at.Bind(2, row.begin_wall_seconds);
  at.Bind(3, row.end_wall_seconds);
  return at.Run();
}

}  // namespace

absl::Status LedgerStore::WriteRow(const LedgerRow& row) {
  Statements& at = *statements_;
  if (const auto* run = std::get_if<RunRow>(&row)) return Put(at.run, *run);
  if (const auto* group = std::get_if<GroupRow>(&row)) return Put(at.group, *group);
  if (const auto* state = std::get_if<GroupStateRow>(&row)) return Put(at.group_state, *state);
  if (const auto* step = std::get_if<StepRow>(&row)) return Put(at.step, *step);
  if (const auto* policy = std::get_if<PolicyRow>(&row)) return Put(at.policy, *policy);
  if (const auto* withdrawn = std::get_if<PolicyWithdrawnRow>(&row)) {
    at.withdraw.Bind(1, withdrawn->version);
    return at.withdraw.Run();
  }
  if (const auto* point = std::get_if<CheckpointRow>(&row)) return Put(at.checkpoint, *point);
  if (const auto* result = std::get_if<EvaluationRow>(&row)) return Put(at.evaluation, *result);
  if (const auto* stage = std::get_if<StageRow>(&row)) return Put(at.stage, *stage);
  at.transcript.BindText(1, std::get<TranscriptRow>(row).line);
  return at.transcript.Run();
}

}  // namespace gyre::coordinator

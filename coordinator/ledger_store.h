#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/ledger_rows.h"
#include "coordinator/sqlite.h"

namespace gyre::coordinator {

// The ledger's rows in SQLite (WAL, synchronous=FULL); docs/ledger.md has the tables. For one
// thread at a time. After an error of Write nothing of its rows is stored, and what is in memory is
// ahead of the disk: the coordinator stops.
class LedgerStore {
 public:
  // Opens or makes the ledger at `path`. Its folder exists and nobody else uses it (see RunLock).
  // `spec_digest` is of the run: that of a ledger which is there must be the same. Errors name the
  // file and what to do: DATA_LOSS for a damaged one, FAILED_PRECONDITION for another run's,
  // another schema, or a file system on which write-ahead logging fails.
  static absl::StatusOr<std::unique_ptr<LedgerStore>> Open(const std::string& path,
                                                           const std::string& spec_digest);
  // For tests and the simulator: lives as long as the object.
  static std::unique_ptr<LedgerStore> OpenInMemory();

  // Durable on OK, all of them or none.
  absl::Status Write(const std::vector<LedgerRow>& rows);
  absl::StatusOr<LedgerContents> Load();

  // Lines of samples.jsonl in order, without line ends.
  absl::StatusOr<uint64_t> TranscriptBytes();  // all lines with their ends
  absl::Status ForEachTranscript(const std::function<absl::Status(const std::string&)>& visit);

 private:
  struct Statements;
  explicit LedgerStore(SqliteDatabase database);
  absl::Status Prepare();
  absl::Status CheckFile(const std::string& spec_digest);
  absl::Status WriteRow(const LedgerRow& row);
  absl::Status LoadGroups(LedgerContents& contents);

  SqliteDatabase database_;
  std::unique_ptr<Statements> statements_;

 public:
  ~LedgerStore();
};

}  // namespace gyre::coordinator

#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gyre::coordinator {

// A thin layer over SQLite that turns its codes into absl::Status. Errors name the database's file:
// DATA_LOSS for a damaged one, RESOURCE_EXHAUSTED for a full disk. For one thread at a time.

class SqliteStatement {
 public:
  // 1-based. The bytes are copied.
  void Bind(int index, int64_t value);
  void Bind(int index, double value);
  void BindText(int index, std::string_view text);
  void BindBlob(int index, std::string_view bytes);

  // True: a row is there to be read. False: done.
  absl::StatusOr<bool> Step();
  // For a statement without rows: runs it and makes it ready for the next values.
  absl::Status Run();
  void Reset();

  // 0-based; of the present row. NULL reads as 0 or "".
  int64_t Integer(int column) const;
  double Real(int column) const;
  std::string Bytes(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  SqliteStatement(sqlite3* database, std::string path, sqlite3_stmt* statement)
      : database_(database), path_(std::move(path)), statement_(statement) {}

  sqlite3* database_;
  std::string path_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class SqliteDatabase {
 public:
  // Opens or makes the file; ":memory:" is one in memory.
  static absl::StatusOr<SqliteDatabase> Open(const std::string& path);

  // Runs statements without looking at rows.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<SqliteStatement> Prepare(std::string_view sql);
  // The first column of the first row, as text; "" without rows.
  absl::StatusOr<std::string> Ask(std::string_view sql);
  absl::StatusOr<int64_t> AskNumber(std::string_view sql);

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  SqliteDatabase(std::string path, sqlite3* database)
      : path_(std::move(path)), database_(database) {}

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace gyre::coordinator

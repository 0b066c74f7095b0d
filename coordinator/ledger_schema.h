#pragma once

namespace gyre::coordinator {

// The tables of ledger.sqlite. docs/ledger.md explains them. States and purposes are words, so that
// `sqlite3 ledger.sqlite` reads well; numbers, metrics, results and manifests are protobuf
// messages.
inline constexpr int kSchemaVersion = 1;
inline constexpr int kApplicationId = 0x47595245;  // "GYRE"

inline constexpr char kSchema[] = R"sql(
CREATE TABLE run(id INTEGER PRIMARY KEY CHECK(id = 1), epoch INTEGER NOT NULL, attempt INTEGER NOT NULL,
  wall_seconds REAL NOT NULL);
CREATE TABLE spec(digest BLOB NOT NULL);
CREATE TABLE groups(stage INTEGER NOT NULL, purpose TEXT NOT NULL, slot INTEGER NOT NULL,
  attempt INTEGER NOT NULL, state TEXT NOT NULL, drop_reason TEXT NOT NULL, step_version INTEGER NOT NULL,
  policy_tokens INTEGER NOT NULL, policies TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL, numbers BLOB NOT NULL, transcript TEXT NOT NULL,
  PRIMARY KEY(stage, purpose, slot, attempt)) WITHOUT ROWID;
CREATE TABLE steps(version INTEGER PRIMARY KEY, stage INTEGER NOT NULL, step INTEGER NOT NULL,
  policy_digest BLOB NOT NULL, metrics BLOB NOT NULL);
CREATE TABLE policies(version INTEGER PRIMARY KEY, root_digest BLOB NOT NULL, stage INTEGER NOT NULL,
  attempt INTEGER NOT NULL, manifest BLOB NOT NULL);
CREATE TABLE checkpoints(version INTEGER PRIMARY KEY, folder TEXT NOT NULL, policy_digest BLOB NOT NULL,
  stage_end INTEGER NOT NULL, removed INTEGER NOT NULL);
CREATE TABLE evaluations(stage INTEGER NOT NULL, number INTEGER NOT NULL, result BLOB NOT NULL,
  PRIMARY KEY(stage, number)) WITHOUT ROWID;
CREATE TABLE stages(stage INTEGER PRIMARY KEY, begin_wall_seconds REAL NOT NULL,
  end_wall_seconds REAL NOT NULL);
CREATE TABLE transcripts(line INTEGER PRIMARY KEY, text TEXT NOT NULL);
)sql";

}  // namespace gyre::coordinator

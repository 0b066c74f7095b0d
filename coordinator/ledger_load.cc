#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/ledger_store.h"
#include "coordinator/row_words.h"

namespace gyre::coordinator {
namespace {

template <typename Message>
absl::Status Parse(const std::string& bytes, const char* what, Message& message) {
  if (message.ParseFromString(bytes)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("a row of ", what, " cannot be read"));
}

// Calls `visit` with each row of `sql`.
template <typename Visit>
absl::Status ForEach(SqliteDatabase& database, const char* sql, Visit visit) {
  GYRE_ASSIGN_OR_RETURN(SqliteStatement statement, database.Prepare(sql));
  while (true) {
    GYRE_ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return absl::OkStatus();
    GYRE_RETURN_IF_ERROR(visit(statement));
  }
}

absl::StatusOr<GroupRow> GroupOf(const SqliteStatement& at) {
  GroupRow row;
  row.key.stage = static_cast<uint32_t>(at.Integer(0));
  GYRE_ASSIGN_OR_RETURN(row.key.purpose, PurposeOf(at.Bytes(1)));
  row.key.slot = static_cast<uint64_t>(at.Integer(2));
  row.key.attempt = static_cast<uint32_t>(at.Integer(3));
  GYRE_ASSIGN_OR_RETURN(row.state, StateOf(at.Bytes(4)));
  row.drop_reason = at.Bytes(5);
  row.step_version = at.Integer(6);
  GYRE_ASSIGN_OR_RETURN(row.policies, PoliciesOf(at.Bytes(8)));
  row.place = {.file = at.Bytes(9),
               .offset = static_cast<uint64_t>(at.Integer(10)),
               .size_bytes = static_cast<uint64_t>(at.Integer(11))};
  GYRE_RETURN_IF_ERROR(Parse(at.Bytes(12), "groups", row.numbers));
  row.numbers.set_policy_tokens(static_cast<uint64_t>(at.Integer(7)));
  row.transcript = at.Bytes(13);
  return row;
}

}  // namespace

absl::Status LedgerStore::LoadGroups(LedgerContents& contents) {
  // Numbers of groups that no step or evaluation needs any more stay on disk. A dropped group's
  // errors count in its slot's step or evaluation, so until a slot at or after it has been used.
  const char* sql =
      "WITH used AS (SELECT stage, purpose, max(slot) AS slot FROM groups"
      "   WHERE state IN ('consumed','evaluated') GROUP BY stage, purpose) "
      "SELECT stage, purpose, groups.slot, attempt, state, drop_reason, step_version,"
      " policy_tokens, policies, file, offset, size_bytes,"
      " CASE WHEN state IN ('ready','assigned')"
      "   OR state = 'dropped' AND groups.slot > ifnull(used.slot, -1)"
      "   OR step_version > (SELECT ifnull(max(version), 0) FROM checkpoints)"
      " THEN numbers ELSE x'' END,"
      " transcript FROM groups LEFT JOIN used USING (stage, purpose)"
      " ORDER BY stage, purpose, groups.slot, attempt";
  return ForEach(database_, sql, [&](const SqliteStatement& at) -> absl::Status {
    GYRE_ASSIGN_OR_RETURN(GroupRow row, GroupOf(at));
    contents.groups.push_back(std::move(row));
    return absl::OkStatus();
  });
}

absl::StatusOr<LedgerContents> LedgerStore::Load() {
  LedgerContents contents;
  GYRE_RETURN_IF_ERROR(ForEach(database_, "SELECT epoch, attempt, wall_seconds FROM run",
                               [&](const SqliteStatement& at) {
                                 contents.run = {.epoch = static_cast<uint64_t>(at.Integer(0)),
                                                 .attempt = static_cast<uint32_t>(at.Integer(1)),
                                                 .wall_seconds = at.Real(2)};
                                 return absl::OkStatus();
                               }));
  GYRE_RETURN_IF_ERROR(LoadGroups(contents));
  GYRE_RETURN_IF_ERROR(ForEach(
      database_, "SELECT version, stage, step, policy_digest, metrics FROM steps ORDER BY 1",
      [&](const SqliteStatement& at) {
        StepRow row{.version = at.Integer(0),
                    .stage = static_cast<uint32_t>(at.Integer(1)),
                    .step = static_cast<uint32_t>(at.Integer(2)),
                    .policy_digest = at.Bytes(3)};
        const absl::Status parsed = Parse(at.Bytes(4), "steps", row.metrics);
        contents.steps.push_back(std::move(row));
        return parsed;
      }));
  GYRE_RETURN_IF_ERROR(ForEach(
      database_, "SELECT version, root_digest, stage, attempt, manifest FROM policies ORDER BY 1",
      [&](const SqliteStatement& at) {
        PolicyRow row{.key = {.version = at.Integer(0), .root_digest = at.Bytes(1)},
                      .stage = static_cast<uint32_t>(at.Integer(2)),
                      .attempt = static_cast<uint32_t>(at.Integer(3))};
        const absl::Status parsed = Parse(at.Bytes(4), "policies", row.manifest);
        contents.policies.push_back(std::move(row));
        return parsed;
      }));
  GYRE_RETURN_IF_ERROR(ForEach(
      database_,
      "SELECT version, folder, policy_digest, stage_end, removed FROM checkpoints ORDER BY 1",
      [&](const SqliteStatement& at) {
        contents.checkpoints.push_back({.version = at.Integer(0),
                                        .folder = at.Bytes(1),
                                        .policy_digest = at.Bytes(2),
                                        .stage_end = at.Integer(3) != 0,
                                        .removed = at.Integer(4) != 0});
        return absl::OkStatus();
      }));
  GYRE_RETURN_IF_ERROR(
      ForEach(database_, "SELECT stage, number, result FROM evaluations ORDER BY 1, 2",
              [&](const SqliteStatement& at) {
                EvaluationRow row{.stage = static_cast<uint32_t>(at.Integer(0)),
                                  .index = static_cast<uint32_t>(at.Integer(1))};
                const absl::Status parsed = Parse(at.Bytes(2), "evaluations", row.result);
                contents.evaluations.push_back(std::move(row));
                return parsed;
              }));
  GYRE_RETURN_IF_ERROR(ForEach(
      database_, "SELECT stage, begin_wall_seconds, end_wall_seconds FROM stages ORDER BY 1",
      [&](const SqliteStatement& at) {
        contents.stages.push_back({.stage = static_cast<uint32_t>(at.Integer(0)),
                                   .begin_wall_seconds = at.Real(1),
                                   .end_wall_seconds = at.Real(2)});
        return absl::OkStatus();
      }));
  return contents;
}

absl::StatusOr<uint64_t> LedgerStore::TranscriptBytes() {
  GYRE_ASSIGN_OR_RETURN(
      SqliteStatement statement,
      database_.Prepare("SELECT ifnull(sum(length(CAST(text AS BLOB)) + 1), 0) FROM transcripts"));
  GYRE_RETURN_IF_ERROR(statement.Step().status());
  return static_cast<uint64_t>(statement.Integer(0));
}

absl::Status LedgerStore::ForEachTranscript(
    const std::function<absl::Status(const std::string&)>& visit) {
  return ForEach(database_, "SELECT text FROM transcripts ORDER BY line",
                 [&](const SqliteStatement& at) { return visit(at.Bytes(0)); });
}

}  // namespace gyre::coordinator

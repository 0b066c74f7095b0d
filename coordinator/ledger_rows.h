#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/group_key.h"
#include "coordinator/group_tally.h"
#include "proto/coordinator.pb.h"
#include "proto/ledger.pb.h"
#include "proto/policy.pb.h"

namespace gyre::coordinator {

// The durable part of the ledger as rows (docs/ledger.md has the tables). The ledger emits rows in
// the order of its events; writing a prefix of them leaves a state that the ledger was in. All but
// TranscriptRow replace the row with the same key.

// Where a group's payload lies in the group store; `file` is empty when none is kept.
struct PayloadPlace {
  std::string file;
  uint64_t offset = 0;
  uint64_t size_bytes = 0;

  bool operator==(const PayloadPlace&) const = default;
};

struct RunRow {
  uint64_t epoch = 0;
  uint32_t attempt = 0;     // of the learner's ranks
  double wall_seconds = 0;  // of all lives, at the last commit, evaluation or drain
};

// A group that was accepted. States: ready, assigned, consumed, evaluated, dropped.
struct GroupRow {
  GroupKey key;
  GroupState state = GroupState::kReady;
  std::string drop_reason = {};
  int64_t step_version = 0;  // that its step makes; 0 until it is assigned
  GroupNumbers numbers = {};
  std::vector<PolicyKey> policies = {};  // of its spans
  PayloadPlace place = {};
  // A line of samples.jsonl that is due when the group takes effect, or empty.
  std::string transcript = {};
};

// A later state of a group; the rest of its row stays.
struct GroupStateRow {
  GroupKey key;
  GroupState state = GroupState::kReady;
  std::string drop_reason = {};
  int64_t step_version = 0;
};

struct StepRow {
  int64_t version = 0;  // that the step made
  uint32_t stage = 0;
  uint32_t step = 0;
  std::string policy_digest;  // empty if none was asked for
  StepMetrics metrics = {};
};

// Published weights. The manifest is emptied once nobody may sample with it any more.
struct PolicyRow {
  PolicyKey key;
  uint32_t stage = 0;
  uint32_t attempt = 0;  // of the ranks that serve it
  PolicyManifest manifest = {};
};

// A replay took another course: the policy of this version is as if never published.
struct PolicyWithdrawnRow {
  int64_t version = 0;
};

struct CheckpointRow {
  int64_t version = 0;
  std::string folder;  // relative to the run directory
  std::string policy_digest;
  bool stage_end = false;  // kept for good
  bool removed = false;    // the folder is gone or about to be
};

struct EvaluationRow {
  uint32_t stage = 0;
  uint32_t index = 0;
  EvalResult result = {};
};

struct StageRow {
  uint32_t stage = 0;
  double begin_wall_seconds = 0;
  double end_wall_seconds = -1;  // negative while it runs
};

struct TranscriptRow {
  std::string line;
};

using LedgerRow =
    std::variant<RunRow, GroupRow, GroupStateRow, StepRow, PolicyRow, PolicyWithdrawnRow,
                 CheckpointRow, EvaluationRow, StageRow, TranscriptRow>;

// Everything that is stored, in the order of keys. Of groups whose payload a checkpoint covers, the
// numbers hold policy_tokens only.
struct LedgerContents {
  RunRow run;  // epoch 0: a new ledger
  std::vector<GroupRow> groups;
  std::vector<StepRow> steps;
  std::vector<PolicyRow> policies;
  std::vector<CheckpointRow> checkpoints;
  std::vector<EvaluationRow> evaluations;
  std::vector<StageRow> stages;
};

}  // namespace gyre::coordinator

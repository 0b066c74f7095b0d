#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/group_tally.h"
#include "coordinator/ledger.h"
#include "coordinator/ledger_rows.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// What rows say happened, kept apart from the ledger, which is checked against it: the history of
// those that reached the disk, or of a life of the coordinator with those still to be written. Each
// row must be one that may follow those before it: a group has effect once, each slot of a step is
// filled once or void, versions grow by one, no group is older than its slot allows or sampled with
// what nobody published.
class DurableRecord {
 public:
  explicit DurableRecord(World& world) : world_(world) {}

  // Rows of one transaction, in order.
  void Apply(const std::vector<LedgerRow>& rows);
  // Whether what is loaded from the store is what was written to it.
  void CheckLoaded(const LedgerContents& contents);
  // durable_record_balance.cc: whether the ledger's tally is what the rows add up to.
  void CheckBalance(const GroupTally& tally);
  // Whether the group may be leased now, with this policy.
  void CheckGrant(const LeaseGrant& grant);

  uint64_t epoch() const { return run_.epoch; }
  uint32_t attempt() const { return run_.attempt; }
  int64_t committed() const { return static_cast<int64_t>(steps_.size()); }
  const StepRow& Step(int64_t version) const { return steps_[version - 1]; }
  const GroupRow* Find(const GroupKey& key) const;
  bool IsPublished(const PolicyKey& key) const;
  // Published, and its manifest is still given out.
  bool CanBeFetched(const PolicyKey& key) const;
  const CheckpointRow* FindCheckpoint(int64_t version) const;
  // Members of the step that makes `version`, in slot order.
  std::vector<GroupKey> MembersOf(int64_t version) const;
  const std::map<GroupKey, GroupRow>& groups() const { return groups_; }
  const std::map<int64_t, PolicyRow>& policies() const { return policies_; }
  const std::vector<EvaluationRow>& evaluations() const { return evaluations_; }
  // Complete ones of a stage.
  uint32_t EvaluationsOf(uint32_t stage) const;
  const std::vector<std::string>& transcripts() const { return transcripts_; }

 private:
  void See(const RunRow& row);
  void See(const GroupRow& row);
  void See(const GroupStateRow& row);
  void See(const StepRow& row);
  void See(const PolicyRow& row);
  void See(const PolicyWithdrawnRow& row);
  void See(const CheckpointRow& row);
  void See(const EvaluationRow& row);
  void See(const StageRow& row);
  void See(const TranscriptRow& row);

  void Put(GroupState state, GroupRow& row);
  // How many groups there must be by now, from the plan and what has happened.
  uint64_t Issued() const;
  uint64_t IssuedIn(uint32_t stage, Purpose purpose, uint64_t open_slots) const;
  // The oldest policy that a group may be sampled with now.
  int64_t OldestFor(const GroupKey& key) const;
  void CheckPolicies(const GroupRow& row);
  // Each slot in [begin, end) has had effect exactly once, or is void.
  void CheckSettled(uint32_t stage, Purpose purpose, uint64_t begin, uint64_t end, GroupState state,
                    int64_t step_version, const std::string& of);

  World& world_;
  RunRow run_;
  std::map<GroupKey, GroupRow> groups_;
  uint64_t in_state_[kGroupStates] = {};
  std::vector<StepRow> steps_;
  std::map<int64_t, PolicyRow> policies_;
  std::map<int64_t, CheckpointRow> checkpoints_;
  std::vector<EvaluationRow> evaluations_;
  std::map<uint32_t, uint32_t> evaluations_of_stage_;
  std::map<uint32_t, StageRow> stages_;
  std::vector<std::string> transcripts_;
  std::set<std::string> transcript_lines_;
};

}  // namespace gyre::coordinator::simulation

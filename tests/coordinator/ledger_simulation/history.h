#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/ledger.h"
#include "coordinator/ledger_rows.h"
#include "coordinator/run_plan.h"

namespace gyre::coordinator::simulation {

// Watches the rows that become durable and the answers that leave the coordinator, and says what is
// wrong with them, by rules of its own. It outlives the coordinator's crashes, as the members do.
class History {
 public:
  explicit History(const RunPlan& plan) : plan_(plan) {}

  // A transaction was written.
  void Written(const std::vector<LedgerRow>& rows);
  // Answers that a member received.
  void Leased(const LeaseGrants& grants, uint32_t free_sequences, uint32_t held_groups);
  void Accepted(const Submission& submission);
  void GotStep(const NextStepReply& reply, int64_t version);

  // Everything that has been wrong so far.
  const std::vector<std::string>& faults() const { return faults_; }
  void Fault(std::string what) { faults_.push_back(std::move(what)); }

  // What has happened, how often: a simulation that never sees a case does not test it.
  void Saw(const std::string& what) { ++seen_[what]; }
  const std::map<std::string, uint64_t>& seen() const { return seen_; }

  int64_t committed() const { return committed_; }
  uint64_t consumed() const { return consumed_.size(); }
  const std::map<int64_t, std::string>& published() const { return published_; }

 private:
  void WrittenRow(const LedgerRow& row);
  void WrittenState(const GroupStateRow& row);
  void CheckAge(const GroupKey& group, int64_t version, const char* what);

  const RunPlan& plan_;
  std::vector<std::string> faults_;
  std::map<std::string, uint64_t> seen_;
  int64_t committed_ = 0;
  uint64_t epoch_ = 0;
  std::map<int64_t, std::string> published_;  // version → digest, durable
  std::set<PolicyKey> ever_published_;
  std::set<GroupKey> accepted_;                                 // durable, not dropped
  std::map<std::pair<uint32_t, uint64_t>, GroupKey> consumed_;  // by stage and slot
  std::map<int64_t, std::vector<GroupKey>> members_;            // of the step that makes a version
  std::set<std::pair<uint32_t, uint32_t>> evaluated_;
  std::map<int64_t, std::string> handed_out_;  // version → step in words
};

}  // namespace gyre::coordinator::simulation

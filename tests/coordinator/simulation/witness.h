#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/ledger.h"
#include "tests/coordinator/simulation/durable_record.h"
#include "tests/coordinator/simulation/expected_run.h"
#include "tests/coordinator/simulation/lease_watch.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// Sees every event of the coordinator, what reaches its disk and what it answers, and says when one
// of them contradicts what the ledger promises. It outlives the coordinator's lives.
class Witness {
 public:
  Witness(World& world, const ExpectedRun& expected)
      : world_(world), expected_(expected), record_(world) {}

  // ---- A life of the coordinator.
  void Loaded(const LedgerContents& contents, const Ledger& ledger);
  void Crashed();
  // After each event, with the rows that it has left.
  void Happened(const Ledger& ledger, const std::vector<LedgerRow>& rows);
  // The rows of one round are on disk; `words` is the durable state that they lead to.
  void Written(const std::vector<LedgerRow>& rows, std::string words);

  // ---- Events, as they happen.
  LeaseWatch& leases() { return *leases_; }
  void Joined(const JoinRequest& request, const JoinReply& reply);
  void Granted(const LeaseGroupsRequest& request, const LeaseGrants& grants);
  void Accepted(const Submission& submission, const Group& group);
  // The group was refused because its lease is lost.
  void RefusedLease(const Submission& submission);
  void NotFound(const PolicyKey& policy);

  // ---- Answers, as they are given: what they say must be on disk.
  void Answered(const JoinReply& reply);
  void Answered(const HeartbeatReply& reply);
  void Answered(const LeaseGrants& reply);
  void Answered(const GroupKey& submitted);
  void Answered(const NextStepRequest& request, const NextStepReply& reply);
  void Answered(const CommitStepRequest& request);
  void Answered(const PublishPolicyRequest& request);
  void Answered(const RecordCheckpointRequest& request);

  // ---- The end. `stored`: what the store holds then.
  void CheckEnd(const Ledger& ledger, const LedgerContents& stored);
  const DurableRecord& record() const { return record_; }

 private:
  void CheckClaims(const JoinRequest& request, const JoinReply& reply);
  void CheckStored(const Ledger& ledger, const LedgerContents& stored);
  void CountWritten(const LedgerRow& row);
  void CheckFates();
  void CheckEvaluations();

  World& world_;
  const ExpectedRun& expected_;
  DurableRecord record_;
  // The same and what is still to be written; of a life of the coordinator.
  std::optional<DurableRecord> present_;
  std::optional<LeaseWatch> leases_;
  std::string durable_words_;
  int64_t version_ = 0;  // in this life
  bool finished_ = false;
};

}  // namespace gyre::coordinator::simulation

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
  // After each event.
  void Happened(const Ledger& ledger);
  // The rows of one round are on disk; `words` is the durable state that they lead to.
  void Written(const std::vector<LedgerRow>& rows, std::string words);

  // ---- Events, as they happen.
  LeaseWatch& leases() { return *leases_; }
  void Accepted(const Submission& submission, const Group& group);

  // ---- Answers, as they are given: what they say must be on disk.
  void Answered(const JoinReply& reply);
  void Answered(const LeaseGrants& reply);
  void Answered(const GroupKey& submitted);
  void Answered(const NextStepRequest& request, const NextStepReply& reply);
  void Answered(const CommitStepRequest& request);
  void Answered(const PublishPolicyRequest& request);
  void Answered(const RecordCheckpointRequest& request);

  // ---- The end.
  void CheckEnd(const Ledger& ledger);
  const DurableRecord& record() const { return record_; }

 private:
  void CheckFates();
  void CheckEvaluations();

  World& world_;
  const ExpectedRun& expected_;
  DurableRecord record_;
  std::optional<LeaseWatch> leases_;
  std::string durable_words_;
  int64_t version_ = 0;  // in this life
  bool finished_ = false;
};

}  // namespace gyre::coordinator::simulation

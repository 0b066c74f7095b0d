#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/group_store.h"
#include "coordinator/ledger.h"
#include "coordinator/ledger_store.h"
#include "tests/coordinator/simulation/answer.h"
#include "tests/coordinator/simulation/run_folder.h"
#include "tests/coordinator/simulation/witness.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// What an actor hands in, as a stream.
struct HandedIn {
  SubmitGroupRequest::Header header;
  std::vector<Sample> samples;
};

// A group of a step and its payload, as a rank reads it.
struct ReadGroup {
  ShareEntry entry;
  Group group;
};

// The coordinator's process, life after life: the real ledger over a real store, with the service
// and the durable ledger around it done over in virtual time. Like those it answers a call only
// when everything that the call did or saw is on disk, writes in rounds while further events pile
// up, and lets polls wait. A crash loses what no round has written.
class CoordinatorHost {
 public:
  CoordinatorHost(World& world, RunFolder& folder, Witness& witness);

  void Start();
  // Starts again after `down`.
  void Crash(absl::Duration down);
  // The next round of the disk fails, which ends the process.
  void BreakDisk() { disk_broken_ = true; }
  bool up() const { return ledger_ != nullptr; }
  const Ledger& ledger() const { return *ledger_; }
  // The run is finished, and all of it is on disk.
  bool done() const { return up() && ledger_->finished() && durable_ == sequence_; }
  LedgerContents Stored() const;

  // ---- The service's calls (coordinator_calls.cc); the coordinator is up. `cancelled` says
  // whether the caller is gone.
  using Cancelled = std::function<bool()>;
  void Join(const JoinRequest& request, Answer<JoinReply> answer);
  void Heartbeat(const HeartbeatRequest& request, Answer<HeartbeatReply> answer);
  void Leave(const LeaveRequest& request, Answer<LeaveReply> answer);
  void LeaseGroups(const LeaseGroupsRequest& request, Cancelled cancelled,
                   Answer<LeaseGrants> answer);
  void GetPolicy(const GetPolicyRequest& request, Answer<PolicyManifest> answer);
  void SubmitGroup(const HandedIn& request, Answer<SubmitGroupReply> answer);
  void ReturnLeases(const ReturnLeasesRequest& request, Answer<ReturnLeasesReply> answer);
  void Rendezvous(const RendezvousRequest& request, Cancelled cancelled,
                  Answer<RendezvousReply> answer);
  void NextStep(const NextStepRequest& request, Cancelled cancelled, Answer<NextStepReply> answer);
  void ReadShare(const ReadShareRequest& request, Answer<std::vector<ReadGroup>> answer);
  void CommitStep(const CommitStepRequest& request, Answer<CommitStepReply> answer);
  void PublishPolicy(const PublishPolicyRequest& request, Answer<PublishPolicyReply> answer);
  void RecordCheckpoint(const RecordCheckpointRequest& request,
                        Answer<RecordCheckpointReply> answer);

 private:
  struct Waiting {
    uint64_t sequence;
    // With false: the process is gone.
    std::function<void(bool durable)> release;
  };
  struct PendingPoll {
    absl::Time deadline;
    std::function<bool()> ask;   // true: the poll has ended
    std::function<void()> drop;  // the process is gone
  };

  // ---- coordinator_groups.cc. Without policies and samples: it is a duplicate.
  absl::StatusOr<Submission> Receive(const HandedIn& request, Group& group);
  absl::StatusOr<Admission> Admit(const Submission& submission);
  void Accept(const Submission& submission, const Group& group, const PayloadPlace& place,
              Answer<SubmitGroupReply> answer);
  void AnswerGroup(const GroupKey& key, absl::StatusOr<SubmitGroupReply> reply,
                   Answer<SubmitGroupReply> answer);
  // What the ledger is asked; a defect may change it.
  Submission AsAsked(const Submission& submission) const;
  static bool IsLeaseLost(const absl::Status& status);
  bool Has(Defect defect) const { return world_.defect == defect; }

  // An event took place: its effects are queued for the disk. `quietly`: no poll has another answer
  // now.
  void Settle(bool quietly);
  // Gives `result` as the answer once it is durable; `check` looks at it then.
  template <typename Reply>
  void AnswerDurably(absl::StatusOr<Reply> result, Answer<Reply> answer,
                     std::function<void(const Reply&)> check = nullptr);
  // Asks `event` for an answer now and whenever the run may have moved on, until it is done(reply).
  // The event gets the time of the first call. `wakes`: that call may be what others wait for.
  template <typename Reply>
  void Poll(double wait_seconds, bool wakes, std::function<absl::StatusOr<Reply>(absl::Time)> event,
            std::function<bool(const Reply&)> done, Cancelled cancelled, Answer<Reply> answer,
            std::function<void(const Reply&)> check = nullptr);
  void WakePolls();
  void RunPolls();
  void Tick(uint64_t life);
  void BeginRound();
  void EndRound(uint64_t life);
  void Write();
  void ReleaseDurable();

  World& world_;
  RunFolder& folder_;
  Witness& witness_;
  const std::unique_ptr<LedgerStore> store_;
  MemoryGroupStore payloads_;
  uint64_t life_ = 0;
  std::unique_ptr<Ledger> ledger_;  // null while the process is down
  Ledger::Effects pending_;
  Ledger::Effects round_;  // on its way to the disk
  uint64_t round_end_ = 0;
  std::string round_words_;
  bool writing_ = false;
  bool disk_broken_ = false;
  // What heartbeats, which do not wait for the disk, may tell of the run: what was durable last.
  struct Told {
    bool finished = false;
    std::optional<PolicyKey> policy;
  };
  Told PresentNews() const {
    return {.finished = ledger_->finished(), .policy = ledger_->live_policy()};
  }
  Told told_;
  Told round_told_;
  uint64_t sequence_ = 0;  // rows that events have left in this life
  uint64_t durable_ = 0;   // of them on disk
  std::list<Waiting> waiting_;
  std::list<PendingPoll> polls_;
  bool polls_woken_ = false;
};

}  // namespace gyre::coordinator::simulation

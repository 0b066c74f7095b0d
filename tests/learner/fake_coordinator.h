// A coordinator for the learner's tests: the calls of learner ranks over real gRPC, a ledger in
// memory that only counts steps, groups made up from their ids, and faults at chosen commits.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "proto/coordinator.grpc.pb.h"
#include "proto/run_spec.pb.h"
#include "rpc/server_host.h"

namespace gyre::learner {

class FakeCoordinator final : public Coordinator::Service {
 public:
  // What happens when the commit of a version comes for the first time.
  enum class Fault {
    kAttemptEnds,     // it is taken; all that the ranks ask from then on is ABORTED
    kRestartsAfter,   // it is taken, but the answer is lost: the coordinator is in its next epoch
    kRestartsBefore,  // it is lost, and so are the members
    kReplayDiffers,   // it is refused
  };
  struct Recorded {
    CommitStepRequest request;
    int times = 0;
  };

  FakeCoordinator(RunSpec spec, std::string run_dir, uint32_t world_size = 1);
  ~FakeCoordinator() override;

  const std::string& address() const { return address_; }

  // ---- Before a learner runs.
  void FailAt(int64_t version, Fault fault);
  // Called on a server's thread after the commit was taken, before it is answered.
  void OnCommit(std::function<void(int64_t version)> on_commit);

  // ---- While it runs.
  // As if a rank had been lost: what the ranks ask from now on is ABORTED.
  void EndAttempt();

  // ---- What has happened.
  int64_t version() const;
  std::map<int64_t, Recorded> commits() const;
  std::map<int64_t, std::string> checkpoints() const;  // version → folder relative to run_dir
  std::vector<PolicyManifest> published() const;
  std::string failure() const;  // of the last Leave that had one
  uint32_t attempt() const;
  uint64_t epoch() const;
  // Blocks until the version is committed, at most a minute.
  bool AwaitVersion(int64_t version) const;

  grpc::Status Join(grpc::ServerContext*, const JoinRequest*, JoinReply*) override;
  grpc::Status Heartbeat(grpc::ServerContext*, const HeartbeatRequest*, HeartbeatReply*) override;
  grpc::Status Leave(grpc::ServerContext*, const LeaveRequest*, LeaveReply*) override;
  grpc::Status Rendezvous(grpc::ServerContext*, const RendezvousRequest*,
                          RendezvousReply*) override;
  grpc::Status NextStep(grpc::ServerContext*, const NextStepRequest*, NextStepReply*) override;
  grpc::Status ReadShare(grpc::ServerContext*, const ReadShareRequest*,
                         grpc::ServerWriter<TrainGroup>*) override;
  grpc::Status CommitStep(grpc::ServerContext*, const CommitStepRequest*,
                          CommitStepReply*) override;
  grpc::Status PublishPolicy(grpc::ServerContext*, const PublishPolicyRequest*,
                             PublishPolicyReply*) override;
  grpc::Status RecordCheckpoint(grpc::ServerContext*, const RecordCheckpointRequest*,
                                RecordCheckpointReply*) override;

 private:
  struct PlannedStep {
    uint32_t stage = 0;
    uint32_t step = 0;
    uint32_t steps = 0;  // of the stage
  };

  grpc::Status CheckMember(const MemberRef& member, bool rank) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FillStep(const PlannedStep& step, NextStepReply& reply) const;
  bool CheckpointAfter(const PlannedStep& step) const;

  const RunSpec spec_;
  const std::string run_dir_;
  const uint32_t world_size_;
  std::vector<PlannedStep> plan_;
  std::string address_;
  rpc::ServerHost host_;

  mutable base::Mutex mutex_;
  mutable base::CondVar changed_;
  std::map<int64_t, Fault> faults_ ABSL_GUARDED_BY(mutex_);
  std::function<void(int64_t)> on_commit_ ABSL_GUARDED_BY(mutex_);
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t last_member_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t attempt_ ABSL_GUARDED_BY(mutex_) = 0;
  bool alive_ ABSL_GUARDED_BY(mutex_) = false;      // the attempt
  bool formed_ ABSL_GUARDED_BY(mutex_) = false;     // the attempt
  bool returning_ ABSL_GUARDED_BY(mutex_) = false;  // restarted; held ranks may come back
  std::map<uint64_t, uint32_t> ranks_ ABSL_GUARDED_BY(mutex_);  // member → rank
  std::set<uint32_t> arrived_ ABSL_GUARDED_BY(mutex_);
  std::string store_address_ ABSL_GUARDED_BY(mutex_);
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, Recorded> commits_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, std::string> digests_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, std::string> checkpoints_ ABSL_GUARDED_BY(mutex_);
  std::vector<PolicyManifest> published_ ABSL_GUARDED_BY(mutex_);
  std::string failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::learner

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "coordinator/durable_ledger.h"
#include "coordinator/group_store.h"
#include "coordinator/run_plan.h"
#include "coordinator/totals.h"
#include "data/problem_source.h"
#include "proto/coordinator.grpc.pb.h"
#include "proto/run_spec.pb.h"

namespace gyre::coordinator {

// Where the problems of a stage come from; null where it has none.
struct ProblemSources {
  std::unique_ptr<data::ProblemSource> train;
  std::unique_ptr<data::ProblemSource> eval;
};

// Opens the problems that the stages name. Errors name stage and source.
absl::StatusOr<std::vector<ProblemSources>> OpenProblemSources(const RunSpec& spec);
std::vector<StageSources> SizesOf(const std::vector<ProblemSources>& sources);

// The wire edge of the coordinator: checks what comes in, calls the ledger, fills in what only the
// outside knows (problems, spec, payloads). Handlers block on the ledger's disk, or as long polls
// for at most ten seconds. The number of polls for leases at a time is bounded, so that calls of
// all other kinds find a thread; beyond it such a poll answers at once and says when to ask again.
class CoordinatorService final : public Coordinator::Service {
 public:
  struct Options {
    RunSpec spec;  // resolved
    std::string spec_text;
    std::string spec_digest;
    std::string build;
    std::string run_token;
    std::string run_dir;
    int max_lease_polls = 448;
  };
  // All references outlive the service.
  CoordinatorService(Options options, const std::vector<ProblemSources>& sources,
                     const RunPlan& plan, DurableLedger& ledger, GroupStore& payloads);

  grpc::Status Join(grpc::ServerContext* context, const JoinRequest* request,
                    JoinReply* reply) override;
  grpc::Status Heartbeat(grpc::ServerContext* context, const HeartbeatRequest* request,
                         HeartbeatReply* reply) override;
  grpc::Status Leave(grpc::ServerContext* context, const LeaveRequest* request,
                     LeaveReply* reply) override;
  grpc::Status LeaseGroups(grpc::ServerContext* context, const LeaseGroupsRequest* request,
                           LeaseGroupsReply* reply) override;
  grpc::Status GetPolicy(grpc::ServerContext* context, const GetPolicyRequest* request,
                         PolicyManifest* reply) override;
  grpc::Status SubmitGroup(grpc::ServerContext* context,
                           grpc::ServerReader<SubmitGroupRequest>* reader,
                           SubmitGroupReply* reply) override;
  grpc::Status ReturnLeases(grpc::ServerContext* context, const ReturnLeasesRequest* request,
                            ReturnLeasesReply* reply) override;
  grpc::Status Rendezvous(grpc::ServerContext* context, const RendezvousRequest* request,
                          RendezvousReply* reply) override;
  grpc::Status NextStep(grpc::ServerContext* context, const NextStepRequest* request,
                        NextStepReply* reply) override;
  grpc::Status ReadShare(grpc::ServerContext* context, const ReadShareRequest* request,
                         grpc::ServerWriter<TrainGroup>* writer) override;
  grpc::Status CommitStep(grpc::ServerContext* context, const CommitStepRequest* request,
                          CommitStepReply* reply) override;
  grpc::Status PublishPolicy(grpc::ServerContext* context, const PublishPolicyRequest* request,
                             PublishPolicyReply* reply) override;
  grpc::Status RecordCheckpoint(grpc::ServerContext* context,
                                const RecordCheckpointRequest* request,
                                RecordCheckpointReply* reply) override;
  grpc::Status GetStatus(grpc::ServerContext* context, const GetStatusRequest* request,
                         GetStatusReply* reply) override;

 private:
  absl::Status CheckJoin(const JoinRequest& request) const;
  absl::StatusOr<Problem> ProblemOf(const GroupKey& group) const;
  void FillLease(const LeaseGrant& grant, Lease& lease) const;
  // What is known of a group before its samples are.
  absl::StatusOr<Submission> CheckHeader(const SubmitGroupRequest::Header& header) const;
  // The samples of a group that the ledger awaits.
  absl::StatusOr<Group> ReadSamples(const SubmitGroupRequest::Header& header,
                                    grpc::ServerReader<SubmitGroupRequest>& reader) const;
  absl::StatusOr<SubmitGroupReply> Receive(const grpc::ServerContext& context,
                                           const SubmitGroupRequest::Header& header,
                                           grpc::ServerReader<SubmitGroupRequest>& reader);
  absl::StatusOr<SubmitGroupReply> Submit(const SubmitGroupRequest::Header& header,
                                          Submission submission, const Group& group);
  std::string TranscriptOf(const Group& group, const GroupTotals& totals) const;
  absl::StatusOr<TrainGroup> LoadTrainGroup(const ShareEntry& entry) const;
  absl::StatusOr<PayloadPlace> Keep(const GroupKey& group, const std::string& payload);
  // How long an actor waits that found no room to poll.
  double AskAgainSeconds() const;

  const Options options_;
  const std::vector<ProblemSources>& sources_;
  const RunPlan& plan_;
  DurableLedger& ledger_;
  GroupStore& payloads_;
  std::atomic<int> lease_polls_ = 0;
  base::Mutex mutex_;
  std::string trouble_ ABSL_GUARDED_BY(mutex_);  // why the last payload could not be written
};

}  // namespace gyre::coordinator

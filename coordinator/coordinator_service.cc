#include "coordinator/coordinator_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/check_group.h"
#include "rpc/status_codec.h"
#include "spdlog/spdlog.h"

namespace gyre::coordinator {
namespace {

constexpr double kMaxWaitSeconds = 10;

template <typename Reply>
grpc::Status Answer(absl::StatusOr<Reply> result, Reply* reply) {
  if (!result.ok()) return rpc::ToGrpc(result.status());
  *reply = *std::move(result);
  return grpc::Status::OK;
}

// Counts a poll while it waits.
class PollCount {
 public:
  explicit PollCount(std::atomic<int>& polls) : polls_(polls) { ++polls_; }
  ~PollCount() { --polls_; }
  PollCount(const PollCount&) = delete;

 private:
  std::atomic<int>& polls_;
};

}  // namespace

CoordinatorService::CoordinatorService(Options options, const std::vector<ProblemSources>& sources,
                                       const RunPlan& plan, DurableLedger& ledger,
                                       GroupStore& payloads)
    : options_(std::move(options)),
      sources_(sources),
      plan_(plan),
      ledger_(ledger),
      payloads_(payloads) {}

absl::Time CoordinatorService::PollDeadline(double wait_seconds) const {
  if (polls_ > options_.max_polls || !(wait_seconds > 0)) return absl::Now();
  return absl::Now() + absl::Seconds(std::min(wait_seconds, kMaxWaitSeconds));
}

absl::Status CoordinatorService::CheckJoin(const JoinRequest& request) const {
  if (request.run_token() != options_.run_token) {
    return absl::PermissionDeniedError(
        absl::StrCat("\"", request.name(), "\" has another run token than this run"));
  }
  if (request.build() != options_.build) {
    return absl::FailedPreconditionError(absl::StrCat(
        "\"", request.name(), "\" is of build ", request.build(), ", the coordinator of ",
        options_.build, "; all processes of a run must be of one build"));
  }
  if (!request.spec_digest().empty() && request.spec_digest() != options_.spec_digest) {
    return absl::FailedPreconditionError(absl::StrCat(
        "\"", request.name(), "\" has spec ", absl::BytesToHexString(request.spec_digest()),
        ", the run ", absl::BytesToHexString(options_.spec_digest)));
  }
  return absl::OkStatus();
}

grpc::Status CoordinatorService::Join(grpc::ServerContext* context, const JoinRequest* request,
                                      JoinReply* reply) {
  if (const absl::Status checked = CheckJoin(*request); !checked.ok()) {
    spdlog::warn("refused to let {} join: {}", context->peer(), checked.ToString());
    return rpc::ToGrpc(checked);
  }
  absl::StatusOr<JoinReply> joined =
      ledger_.Do([&](Ledger& ledger, absl::Time now) { return ledger.Join(*request, now); });
  if (!joined.ok()) return rpc::ToGrpc(joined.status());
  joined->set_spec(options_.spec_text);
  joined->set_spec_digest(options_.spec_digest);
  joined->set_heartbeat_seconds(options_.spec.limits().heartbeat_seconds());
  joined->set_run_dir(options_.run_dir);
  if (request->role() == LEARNER) {
    spdlog::info("{} joined as rank {} of attempt {}{}", request->name(), joined->rank().rank(),
                 joined->rank().attempt(), joined->rank().keep_state() ? ", as it was" : "");
  } else {
    spdlog::info("{} joined as member {}, keeps {} of {} leases", request->name(),
                 joined->member().member_id(), joined->kept_leases_size(),
                 request->held_leases_size());
  }
  *reply = *std::move(joined);
  return grpc::Status::OK;
}

grpc::Status CoordinatorService::Heartbeat(grpc::ServerContext*, const HeartbeatRequest* request,
                                           HeartbeatReply* reply) {
  return Answer(ledger_.DoQuietly([&](Ledger& ledger, absl::Time now) {
    return ledger.Heartbeat(*request, now);
  }),
                reply);
}

grpc::Status CoordinatorService::Leave(grpc::ServerContext*, const LeaveRequest* request,
                                       LeaveReply*) {
  const absl::Status left =
      ledger_.Do([&](Ledger& ledger, absl::Time now) { return ledger.Leave(*request, now); });
  spdlog::info(
      "member {} left: {}{}", request->member().member_id(), request->reason(),
      request->failure().empty() ? "" : absl::StrCat("; the run fails: ", request->failure()));
  return rpc::ToGrpc(left);
}

grpc::Status CoordinatorService::LeaseGroups(grpc::ServerContext* context,
                                             const LeaseGroupsRequest* request,
                                             LeaseGroupsReply* reply) {
  const PollCount count(polls_);
  const absl::StatusOr<LeaseGrants> granted = ledger_.Poll(
      PollDeadline(request->wait_seconds()),
      [&](Ledger& ledger, absl::Time now) { return ledger.LeaseGroups(*request, now); },
      [](const LeaseGrants& grants) { return grants.finished || !grants.grants.empty(); },
      [&] { return context->IsCancelled(); });
  if (!granted.ok()) return rpc::ToGrpc(granted.status());
  reply->set_finished(granted->finished);
  for (const LeaseGrant& grant : granted->grants) FillLease(grant, *reply->add_leases());
  return grpc::Status::OK;
}

void CoordinatorService::FillLease(const LeaseGrant& grant, Lease& lease) const {
  const StagePlan& stage = plan_.stages[grant.group.stage];
  const ProblemSources& sources = sources_[grant.group.stage];
  lease.set_lease_id(grant.lease_id);
  *lease.mutable_group() = ToProto(grant.group);
  *lease.mutable_problem() = (grant.group.purpose == EVAL ? sources.eval : sources.train)
                                 ->Get(grant.problem.index, grant.problem.draw);
  *lease.mutable_sampling() = grant.sampling;
  *lease.mutable_policy() = ToProto(grant.policy);
  for (const std::string& component : stage.Components(grant.group.purpose)) {
    lease.add_components(component);
  }
  lease.set_seconds(absl::ToDoubleSeconds(plan_.limits.lease));
}

grpc::Status CoordinatorService::GetPolicy(grpc::ServerContext*, const GetPolicyRequest* request,
                                           PolicyManifest* reply) {
  return Answer(ledger_.DoQuietly([&](Ledger& ledger, absl::Time now) {
    return ledger.GetPolicy(*request, now);
  }),
                reply);
}

grpc::Status CoordinatorService::ReturnLeases(grpc::ServerContext*,
                                              const ReturnLeasesRequest* request,
                                              ReturnLeasesReply*) {
  return rpc::ToGrpc(ledger_.Do(
      [&](Ledger& ledger, absl::Time now) { return ledger.ReturnLeases(*request, now); }));
}

grpc::Status CoordinatorService::Rendezvous(grpc::ServerContext* context,
                                            const RendezvousRequest* request,
                                            RendezvousReply* reply) {
  const PollCount count(polls_);
  return Answer(
      ledger_.Poll(
          PollDeadline(kMaxWaitSeconds),
          [&](Ledger& ledger, absl::Time now) { return ledger.Rendezvous(*request, now); },
          [](const RendezvousReply& rendezvous) { return rendezvous.ready(); },
          [&] { return context->IsCancelled(); }),
      reply);
}

grpc::Status CoordinatorService::NextStep(grpc::ServerContext* context,
                                          const NextStepRequest* request, NextStepReply* reply) {
  const PollCount count(polls_);
  return Answer(ledger_.Poll(
                    PollDeadline(request->wait_seconds()),
                    [&](Ledger& ledger, absl::Time now) { return ledger.NextStep(*request, now); },
                    [](const NextStepReply& next) { return !next.wait(); },
                    [&] { return context->IsCancelled(); }),
                reply);
}

grpc::Status CoordinatorService::CommitStep(grpc::ServerContext*, const CommitStepRequest* request,
                                            CommitStepReply*) {
  return rpc::ToGrpc(
      ledger_.Do([&](Ledger& ledger, absl::Time now) { return ledger.CommitStep(*request, now); }));
}

grpc::Status CoordinatorService::PublishPolicy(grpc::ServerContext*,
                                               const PublishPolicyRequest* request,
                                               PublishPolicyReply*) {
  return rpc::ToGrpc(ledger_.Do(
      [&](Ledger& ledger, absl::Time now) { return ledger.PublishPolicy(*request, now); }));
}

grpc::Status CoordinatorService::RecordCheckpoint(grpc::ServerContext*,
                                                  const RecordCheckpointRequest* request,
                                                  RecordCheckpointReply*) {
  return rpc::ToGrpc(ledger_.Do(
      [&](Ledger& ledger, absl::Time now) { return ledger.RecordCheckpoint(*request, now); }));
}

grpc::Status CoordinatorService::GetStatus(grpc::ServerContext*, const GetStatusRequest* request,
                                           GetStatusReply* reply) {
  *reply = ledger_.Look([&](const Ledger& ledger, absl::Time now) {
    return ledger.Status(request->metrics_after_line(), now);
  });
  if (const absl::Status broken = ledger_.broken(); !broken.ok()) {
    reply->set_failure(std::string(broken.message()));
  }
  return grpc::Status::OK;
}

}  // namespace gyre::coordinator

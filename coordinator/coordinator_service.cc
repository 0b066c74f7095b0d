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

// When a poll that may wait so long ends.
absl::Time PollDeadline(double wait_seconds) {
  if (!(wait_seconds > 0)) return absl::Now();
  return absl::Now() + absl::Seconds(std::min(wait_seconds, kMaxWaitSeconds));
}

// Counts a poll while it waits.
class PollCount {
 public:
  explicit PollCount(std::atomic<int>& polls) : polls_(polls), rank_(++polls) {}
  ~PollCount() { --polls_; }
  PollCount(const PollCount&) = delete;
  // How many there were when this one came, with it.
  int rank() const { return rank_; }

 private:
  std::atomic<int>& polls_;
  const int rank_;
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

double CoordinatorService::AskAgainSeconds() const {
  const uint64_t actors =
      ledger_.Look([](const Ledger& now, absl::Time) { return now.members().CountOf(ACTOR); });
  // All actors together ask no more often than if each poll were held for a second.
  return std::clamp(static_cast<double>(actors) / std::max(1, options_.max_lease_polls), 1.0,
                    kMaxWaitSeconds);
}

absl::Status CoordinatorService::CheckJoin(const JoinRequest& request) const {
  if (request.run_token() != options_.run_token) {
    return absl::PermissionDeniedError(absl::StrCat(
        "\"", request.name(), "\" has another run token than this run; give it the GYRE_RUN_TOKEN ",
        "of this run's coordinator"));
  }
  if (request.build() != options_.build) {
    return absl::FailedPreconditionError(absl::StrCat(
        "\"", request.name(), "\" is of build ", request.build(), ", the coordinator of ",
        options_.build, "; all processes of a run must be of one build"));
  }
  if (!request.spec_digest().empty() && request.spec_digest() != options_.spec_digest) {
    return absl::FailedPreconditionError(absl::StrCat(
        "\"", request.name(), "\" has spec ", absl::BytesToHexString(request.spec_digest()),
        ", the run ", absl::BytesToHexString(options_.spec_digest),
        "; start it without a spec, or join the run that it belongs to"));
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
  return Answer(ledger_.Heartbeat(*request), reply);
}

grpc::Status CoordinatorService::Leave(grpc::ServerContext*, const LeaveRequest* request,
                                       LeaveReply*) {
  std::string name;
  const absl::Status left = ledger_.Do([&](Ledger& ledger, absl::Time now) {
    name = ledger.members().NameOf(request->member());
    return ledger.Leave(*request, now);
  });
  if (!left.ok()) return rpc::ToGrpc(left);
  spdlog::info(
      "{} left: {}{}", name, request->reason(),
      request->failure().empty() ? "" : absl::StrCat("; the run fails: ", request->failure()));
  return grpc::Status::OK;
}

grpc::Status CoordinatorService::LeaseGroups(grpc::ServerContext* context,
                                             const LeaseGroupsRequest* request,
                                             LeaseGroupsReply* reply) {
  const PollCount count(lease_polls_);
  const bool has_room = count.rank() <= options_.max_lease_polls;
  const absl::StatusOr<LeaseGrants> granted = ledger_.Poll(
      PollDeadline(has_room ? request->wait_seconds() : 0), DurableLedger::Wakes::kNobody,
      [&](Ledger& ledger, absl::Time now, absl::Time arrived) {
        return ledger.LeaseGroups(*request, now, arrived);
      },
      [](const LeaseGrants& grants) { return grants.finished || !grants.grants.empty(); },
      [&] { return context->IsCancelled(); });
  if (!granted.ok()) return rpc::ToGrpc(granted.status());
  reply->set_finished(granted->finished);
  for (const LeaseGrant& grant : granted->grants) FillLease(grant, *reply->add_leases());
  if (!has_room && reply->leases_size() == 0 && !reply->finished()) {
    reply->set_ask_again_seconds(AskAgainSeconds());
  }
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
  std::string name;
  const absl::StatusOr<std::vector<GroupKey>> groups =
      ledger_.Do([&](Ledger& ledger, absl::Time now) {
        name = ledger.members().NameOf(request->member());
        return ledger.ReturnLeases(*request, now);
      });
  if (!groups.ok()) return rpc::ToGrpc(groups.status());
  for (const GroupKey& group : *groups) {
    const absl::StatusOr<Problem> problem = ProblemOf(group);
    spdlog::log(request->cannot_be_made() ? spdlog::level::warn : spdlog::level::info,
                "{} gave back {} (problem {}){}: {}", name, Describe(group),
                problem.ok() ? problem->id() : "",
                request->cannot_be_made() ? " as impossible" : "", request->reason());
  }
  return grpc::Status::OK;
}

grpc::Status CoordinatorService::Rendezvous(grpc::ServerContext* context,
                                            const RendezvousRequest* request,
                                            RendezvousReply* reply) {
  return Answer(ledger_.Poll(
                    PollDeadline(kMaxWaitSeconds), DurableLedger::Wakes::kOthers,
                    [&](Ledger& ledger, absl::Time now, absl::Time arrived) {
                      return ledger.Rendezvous(*request, now, arrived);
                    },
                    [](const RendezvousReply& rendezvous) { return rendezvous.ready(); },
                    [&] { return context->IsCancelled(); }),
                reply);
}

grpc::Status CoordinatorService::NextStep(grpc::ServerContext* context,
                                          const NextStepRequest* request, NextStepReply* reply) {
  return Answer(ledger_.Poll(
                    PollDeadline(request->wait_seconds()), DurableLedger::Wakes::kNobody,
                    [&](Ledger& ledger, absl::Time now, absl::Time arrived) {
                      return ledger.NextStep(*request, now, arrived);
                    },
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
  // Whoever hears that the run is complete may stop this process at once.
  reply->set_finished(ledger_.finished());
  if (const absl::Status broken = ledger_.broken(); !broken.ok()) {
    reply->set_failure(std::string(broken.message()));
  }
  base::MutexLock lock(mutex_);
  reply->set_trouble(trouble_);
  return grpc::Status::OK;
}

}  // namespace gyre::coordinator

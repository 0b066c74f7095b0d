#include "learner/coordinator_session.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/status_macros.h"

namespace gyre::learner {
namespace {

// A share may be large. A coordinator that is gone is noticed by the broken connection.
constexpr absl::Duration kShareTimeout = absl::Minutes(10);

}  // namespace

CoordinatorSession::CoordinatorSession(const Options& options, rpc::WaitBoard& waits)
    : membership_({.coordinator = options.coordinator,
                   .role = LEARNER,
                   .name = options.name,
                   .build = options.build,
                   .run_token = options.run_token,
                   .address = options.policy_address},
                  {.add_held = [this](JoinRequest& request) { return AddHeld(request); },
                   .on_joined_again =
                       [](const JoinRequest&, const JoinReply& reply) {
                         return reply.rank().keep_state()
                                    ? absl::OkStatus()
                                    : absl::AbortedError("the coordinator forms the ranks anew");
                       }},
                  &waits) {}

absl::StatusOr<std::unique_ptr<CoordinatorSession>> CoordinatorSession::Join(const Options& options,
                                                                             rpc::WaitBoard& waits,
                                                                             std::stop_token stop) {
  std::unique_ptr<CoordinatorSession> session(new CoordinatorSession(options, waits));
  GYRE_RETURN_IF_ERROR(session->membership_.Join(std::move(stop)));
  return session;
}

absl::Status CoordinatorSession::AddHeld(JoinRequest& request) const {
  const int64_t version = held_version_;
  if (version < 0) return absl::AbortedError("join again: the coordinator has restarted");
  HeldRank& held = *request.mutable_held_rank();
  held.set_attempt(attempt());
  held.set_rank(rank());
  held.set_version(version);
  spdlog::info("joining again as rank {} of attempt {}, at version {}", rank(), attempt(), version);
  return absl::OkStatus();
}

absl::StatusOr<RendezvousReply> CoordinatorSession::Rendezvous(const std::string& store_address,
                                                               std::stop_token stop) {
  RendezvousRequest request;
  request.set_attempt(attempt());
  request.set_store_address(store_address);
  return membership_.Ask("Rendezvous", &Coordinator::Stub::Rendezvous, std::move(request),
                         absl::Seconds(10), std::move(stop));
}

absl::StatusOr<NextStepReply> CoordinatorSession::NextStep(int64_t version, absl::Duration wait,
                                                           std::stop_token stop) {
  NextStepRequest request;
  request.set_attempt(attempt());
  request.set_version(version);
  request.set_wait_seconds(absl::ToDoubleSeconds(wait));
  return membership_.Ask("NextStep", &Coordinator::Stub::NextStep, std::move(request), wait,
                         std::move(stop));
}

absl::StatusOr<std::vector<TrainGroup>> CoordinatorSession::ReadShare(
    const std::vector<GroupId>& groups) {
  ReadShareRequest request;
  request.set_attempt(attempt());
  for (const GroupId& group : groups) *request.add_groups() = group;
  std::vector<TrainGroup> read;
  GYRE_RETURN_IF_ERROR(membership_.Call(
      "ReadShare", kShareTimeout, {}, [&](grpc::ClientContext& context, const MemberRef& member) {
        *request.mutable_member() = member;
        read.clear();
        const auto stream = membership_.stub().ReadShare(&context, request);
        for (TrainGroup group; stream->Read(&group);) {
          read.push_back(std::move(group));
        }
        return stream->Finish();
      }));
  return read;
}

absl::Status CoordinatorSession::CommitStep(CommitStepRequest request, std::stop_token stop) {
  request.set_attempt(attempt());
  return membership_
      .Ask("CommitStep", &Coordinator::Stub::CommitStep, std::move(request), absl::ZeroDuration(),
           std::move(stop))
      .status();
}

absl::Status CoordinatorSession::PublishPolicy(const PolicyManifest& manifest) {
  PublishPolicyRequest request;
  request.set_attempt(attempt());
  *request.mutable_manifest() = manifest;
  return membership_
      .Ask("PublishPolicy", &Coordinator::Stub::PublishPolicy, std::move(request),
           absl::ZeroDuration(), {})
      .status();
}

absl::Status CoordinatorSession::RecordCheckpoint(int64_t version, const std::string& checkpoint,
                                                  const std::string& policy_digest) {
  RecordCheckpointRequest request;
  request.set_attempt(attempt());
  request.set_version(version);
  request.set_checkpoint(checkpoint);
  request.set_policy_digest(policy_digest);
  return membership_
      .Ask("RecordCheckpoint", &Coordinator::Stub::RecordCheckpoint, std::move(request),
           absl::ZeroDuration(), {})
      .status();
}

absl::StatusOr<HeartbeatReply> CoordinatorSession::Heartbeat(std::vector<Wait> waits,
                                                             std::stop_token stop) {
  HeartbeatRequest request;
  for (Wait& wait : waits) *request.add_waits() = std::move(wait);
  return membership_.Ask("Heartbeat", &Coordinator::Stub::Heartbeat, std::move(request),
                         absl::ZeroDuration(), std::move(stop));
}

void CoordinatorSession::Leave(const std::string& reason, const std::string& failure,
                               absl::Duration timeout) {
  membership_.Leave(reason, failure, timeout);
}

}  // namespace gyre::learner

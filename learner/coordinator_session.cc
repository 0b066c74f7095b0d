#include "learner/coordinator_session.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "base/wait_for_stop.h"
#include "rpc/call.h"
#include "rpc/channel.h"

namespace gyre::learner {
namespace {

// Between calls that were not answered for other reasons than that nobody listens.
constexpr absl::Duration kPause = absl::Milliseconds(100);

bool IsJoinAgain(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) && absl::StrContains(status.message(), "join again");
}

// No answer of the coordinator's own: it is gone, hangs, or cancels its handlers as it stops.
bool IsSilence(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status) ||
         (absl::IsUnknown(status) && absl::StrContains(status.message(), "Stream removed"));
}

}  // namespace

CoordinatorSession::CoordinatorSession(Options options)
    : options_(std::move(options)),
      stub_(Coordinator::NewStub(rpc::CreateChannel(options_.coordinator))) {}

absl::StatusOr<std::unique_ptr<CoordinatorSession>> CoordinatorSession::Join(Options options,
                                                                             std::stop_token stop) {
  std::unique_ptr<CoordinatorSession> session(new CoordinatorSession(std::move(options)));
  GYRE_ASSIGN_OR_RETURN(session->joined_, session->SendJoin(std::nullopt, stop));
  base::MutexLock lock(session->mutex_);
  session->member_ = session->joined_.member();
  return session;
}

absl::StatusOr<JoinReply> CoordinatorSession::SendJoin(const std::optional<HeldRank>& held,
                                                       std::stop_token stop) {
  JoinRequest request;
  request.set_role(LEARNER);
  request.set_name(options_.name);
  request.set_build(options_.build);
  request.set_run_token(options_.run_token);
  request.set_spec_digest(joined_.spec_digest());
  request.set_address(options_.policy_address);
  if (held.has_value()) *request.mutable_held_rank() = *held;
  while (true) {
    JoinReply reply;
    const absl::Status status = rpc::CallWithRetry(
        {.method = "Coordinator.Join",
         .peer = options_.coordinator,
         .deadline = absl::Now() + options_.call_timeout,
         .stop = stop},
        {}, [&](grpc::ClientContext& context) { return stub_->Join(&context, request, &reply); });
    if (status.ok()) return reply;
    if (!IsSilence(status) || stop.stop_requested()) return status;
    spdlog::warn("still waiting to join: {}", std::string(status.message()));
    base::WaitForStop(stop, absl::Now() + kPause);
  }
}

absl::Status CoordinatorSession::Rejoin(const MemberRef& old, std::stop_token stop) {
  base::MutexLock joining(joining_);
  const MemberRef present = member();
  if (present.member_id() != old.member_id() || present.epoch() != old.epoch()) {
    return absl::OkStatus();
  }
  const int64_t version = held_version_;
  if (version < 0) return absl::AbortedError("join again: the coordinator has restarted");
  HeldRank held;
  held.set_attempt(attempt());
  held.set_rank(rank());
  held.set_version(version);
  spdlog::info("joining again as rank {} of attempt {}, at version {}", rank(), attempt(), version);
  GYRE_ASSIGN_OR_RETURN(const JoinReply reply, SendJoin(held, stop));
  if (!reply.rank().keep_state()) {
    return absl::AbortedError("the coordinator forms the ranks anew");
  }
  base::MutexLock lock(mutex_);
  member_ = reply.member();
  return absl::OkStatus();
}

absl::Status CoordinatorSession::Call(const std::string& method, absl::Duration timeout,
                                      std::stop_token stop, Attempt attempt) {
  while (true) {
    const MemberRef caller = member();
    const absl::Status status =
        rpc::CallWithRetry({.method = absl::StrCat("Coordinator.", method),
                            .peer = options_.coordinator,
                            .deadline = absl::Now() + timeout,
                            .stop = stop},
                           {.jitter_seed = caller.member_id()},
                           [&](grpc::ClientContext& context) { return attempt(context, caller); });
    if (IsJoinAgain(status)) {
      GYRE_RETURN_IF_ERROR(Rejoin(caller, stop));
    } else if (IsSilence(status) && !stop.stop_requested()) {
      spdlog::warn("{}; asking again", std::string(status.message()));
      base::WaitForStop(stop, absl::Now() + kPause);
    } else {
      return status;
    }
  }
}

MemberRef CoordinatorSession::member() const {
  base::MutexLock lock(mutex_);
  return member_;
}

absl::StatusOr<RendezvousReply> CoordinatorSession::Rendezvous(const std::string& store_address,
                                                               std::stop_token stop) {
  RendezvousRequest request;
  request.set_attempt(attempt());
  request.set_store_address(store_address);
  RendezvousReply reply;
  GYRE_RETURN_IF_ERROR(Call("Rendezvous", absl::Seconds(10) + options_.call_timeout, stop,
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *request.mutable_member() = member;
                              return stub_->Rendezvous(&context, request, &reply);
                            }));
  return reply;
}

absl::StatusOr<NextStepReply> CoordinatorSession::NextStep(int64_t version, absl::Duration wait,
                                                           std::stop_token stop) {
  NextStepRequest request;
  request.set_attempt(attempt());
  request.set_version(version);
  request.set_wait_seconds(absl::ToDoubleSeconds(wait));
  NextStepReply reply;
  GYRE_RETURN_IF_ERROR(Call("NextStep", wait + options_.call_timeout, stop,
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *request.mutable_member() = member;
                              return stub_->NextStep(&context, request, &reply);
                            }));
  return reply;
}

absl::StatusOr<std::vector<TrainGroup>> CoordinatorSession::ReadShare(
    const std::vector<GroupId>& groups) {
  ReadShareRequest request;
  request.set_attempt(attempt());
  for (const GroupId& group : groups) *request.add_groups() = group;
  std::vector<TrainGroup> read;
  GYRE_RETURN_IF_ERROR(Call("ReadShare", absl::Minutes(1) + options_.call_timeout, {},
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *request.mutable_member() = member;
                              read.clear();
                              const auto stream = stub_->ReadShare(&context, request);
                              for (TrainGroup group; stream->Read(&group);) {
                                read.push_back(std::move(group));
                              }
                              return stream->Finish();
                            }));
  return read;
}

absl::Status CoordinatorSession::CommitStep(CommitStepRequest request, std::stop_token stop) {
  request.set_attempt(attempt());
  CommitStepReply reply;
  return Call("CommitStep", options_.call_timeout, stop,
              [&](grpc::ClientContext& context, const MemberRef& member) {
                *request.mutable_member() = member;
                return stub_->CommitStep(&context, request, &reply);
              });
}

absl::Status CoordinatorSession::PublishPolicy(const PolicyManifest& manifest) {
  PublishPolicyRequest request;
  request.set_attempt(attempt());
  *request.mutable_manifest() = manifest;
  PublishPolicyReply reply;
  return Call("PublishPolicy", options_.call_timeout, {},
              [&](grpc::ClientContext& context, const MemberRef& member) {
                *request.mutable_member() = member;
                return stub_->PublishPolicy(&context, request, &reply);
              });
}

absl::Status CoordinatorSession::RecordCheckpoint(int64_t version, const std::string& checkpoint,
                                                  const std::string& policy_digest) {
  RecordCheckpointRequest request;
  request.set_attempt(attempt());
  request.set_version(version);
  request.set_checkpoint(checkpoint);
  request.set_policy_digest(policy_digest);
  RecordCheckpointReply reply;
  return Call("RecordCheckpoint", options_.call_timeout, {},
              [&](grpc::ClientContext& context, const MemberRef& member) {
                *request.mutable_member() = member;
                return stub_->RecordCheckpoint(&context, request, &reply);
              });
}

absl::StatusOr<HeartbeatReply> CoordinatorSession::Heartbeat(std::vector<Wait> waits,
                                                             std::stop_token stop) {
  HeartbeatRequest request;
  for (Wait& wait : waits) *request.add_waits() = std::move(wait);
  HeartbeatReply reply;
  GYRE_RETURN_IF_ERROR(Call("Heartbeat", options_.call_timeout, stop,
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *request.mutable_member() = member;
                              return stub_->Heartbeat(&context, request, &reply);
                            }));
  return reply;
}

void CoordinatorSession::Leave(const std::string& reason, const std::string& failure,
                               absl::Duration timeout) {
  LeaveRequest request;
  *request.mutable_member() = member();
  request.set_reason(reason);
  request.set_failure(failure);
  LeaveReply reply;
  const absl::Status status = rpc::CallOnce(
      {.method = "Coordinator.Leave",
       .peer = options_.coordinator,
       .deadline = absl::Now() + timeout},
      [&](grpc::ClientContext& context) { return stub_->Leave(&context, request, &reply); });
  if (!status.ok()) spdlog::info("{}", std::string(status.message()));
}

}  // namespace gyre::learner

#include "actor/coordinator_client.h"

#include <google/protobuf/text_format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "rpc/call.h"
#include "rpc/channel.h"

namespace gyre::actor {
namespace {

bool IsJoinAgain(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) && absl::StrContains(status.message(), "join again");
}

bool IsSilence(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

// An attempt that the peer answered with an error code may have failed to write before that.
grpc::Status WriteGroup(const SubmitGroupRequest& header, const OutgoingGroup& group,
                        grpc::ClientWriter<SubmitGroupRequest>& writer) {
  bool open = writer.Write(header);
  SubmitGroupRequest message;
  for (size_t i = 0; open && i < group.samples.size(); ++i) {
    *message.mutable_sample() = group.samples[i];
    open = writer.Write(message);
  }
  writer.WritesDone();
  return writer.Finish();
}

}  // namespace

CoordinatorClient::CoordinatorClient(Options options, Callbacks callbacks, rpc::WaitBoard& waits)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      waits_(waits),
      stub_(Coordinator::NewStub(rpc::CreateChannel(options_.coordinator))) {}

absl::Status CoordinatorClient::Join(std::stop_token stop) {
  GYRE_ASSIGN_OR_RETURN(joined_, SendJoin({}, stop));
  if (!google::protobuf::TextFormat::ParseFromString(joined_.spec(), &spec_)) {
    return absl::InvalidArgumentError("the coordinator's spec is not understood");
  }
  base::MutexLock lock(mutex_);
  member_ = joined_.member();
  return absl::OkStatus();
}

absl::StatusOr<JoinReply> CoordinatorClient::SendJoin(const std::vector<HeldLease>& held,
                                                      std::stop_token stop) {
  const rpc::NamedWait wait(waits_, "coordinator",
                            absl::StrCat("the coordinator at ", options_.coordinator));
  JoinRequest request;
  request.set_role(ACTOR);
  request.set_name(options_.name);
  request.set_build(options_.build);
  request.set_run_token(options_.run_token);
  request.set_spec_digest(joined_.spec_digest());
  for (const HeldLease& lease : held) *request.add_held_leases() = lease;
  while (true) {
    JoinReply reply;
    const absl::Status status = rpc::CallWithRetry(
        {.method = "Coordinator.Join",
         .peer = options_.coordinator,
         .deadline = absl::Now() + options_.call_timeout,
         .stop = stop},
        {}, [&](grpc::ClientContext& context) { return stub_->Join(&context, request, &reply); });
    if (status.ok()) return reply;
    if (!IsSilence(status)) return status;
    spdlog::warn("still waiting to join: {}", std::string(status.message()));
  }
}

absl::Status CoordinatorClient::Rejoin(const MemberRef& old, std::stop_token stop) {
  base::MutexLock joining(joining_);
  const MemberRef present = member();
  if (present.member_id() != old.member_id() || present.epoch() != old.epoch()) {
    return absl::OkStatus();
  }
  const std::vector<HeldLease> held = callbacks_.held_leases();
  const absl::StatusOr<JoinReply> reply = SendJoin(held, stop);
  if (!reply.ok()) {
    if (!absl::IsCancelled(reply.status())) callbacks_.on_refused(reply.status());
    return reply.status();
  }
  std::vector<uint64_t> lost;
  for (const HeldLease& lease : held) {
    const auto& kept = reply->kept_leases();
    if (std::find(kept.begin(), kept.end(), lease.lease_id()) == kept.end()) {
      lost.push_back(lease.lease_id());
    }
  }
  spdlog::info("joined again as member {} in epoch {}; {} of {} leases kept",
               reply->member().member_id(), reply->member().epoch(), held.size() - lost.size(),
               held.size());
  {
    base::MutexLock lock(mutex_);
    member_ = reply->member();
  }
  callbacks_.on_lost(lost);
  return absl::OkStatus();
}

absl::Status CoordinatorClient::Call(const std::string& method, absl::Duration timeout,
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
    } else if (IsSilence(status)) {
      spdlog::warn("{}; asking again", std::string(status.message()));
    } else {
      return status;
    }
  }
}

absl::Status CoordinatorClient::CallOnce(const std::string& method, absl::Duration timeout,
                                         Attempt attempt) {
  const MemberRef caller = member();
  return rpc::CallOnce({.method = absl::StrCat("Coordinator.", method),
                        .peer = options_.coordinator,
                        .deadline = absl::Now() + timeout},
                       [&](grpc::ClientContext& context) { return attempt(context, caller); });
}

MemberRef CoordinatorClient::member() const {
  base::MutexLock lock(mutex_);
  return member_;
}

absl::StatusOr<HeartbeatReply> CoordinatorClient::Heartbeat(HeartbeatRequest request,
                                                            std::stop_token stop) {
  HeartbeatReply reply;
  GYRE_RETURN_IF_ERROR(Call("Heartbeat", options_.call_timeout, stop,
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *request.mutable_member() = member;
                              return stub_->Heartbeat(&context, request, &reply);
                            }));
  return reply;
}

absl::StatusOr<LeaseGroupsReply> CoordinatorClient::LeaseGroups(LeaseGroupsRequest request,
                                                                std::stop_token stop) {
  LeaseGroupsReply reply;
  GYRE_RETURN_IF_ERROR(Call("LeaseGroups",
                            absl::Seconds(request.wait_seconds()) + options_.call_timeout, stop,
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *request.mutable_member() = member;
                              return stub_->LeaseGroups(&context, request, &reply);
                            }));
  return reply;
}

absl::StatusOr<PolicyManifest> CoordinatorClient::GetPolicy(const PolicyId& policy,
                                                            std::stop_token stop) {
  GetPolicyRequest request;
  *request.mutable_policy() = policy;
  PolicyManifest manifest;
  GYRE_RETURN_IF_ERROR(Call("GetPolicy", options_.call_timeout, stop,
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *request.mutable_member() = member;
                              return stub_->GetPolicy(&context, request, &manifest);
                            }));
  return manifest;
}

absl::StatusOr<SubmitGroupReply> CoordinatorClient::SubmitGroup(const OutgoingGroup& group,
                                                                std::stop_token stop) {
  const rpc::NamedWait wait(waits_, "coordinator", "the coordinator to take a group");
  SubmitGroupRequest first;
  SubmitGroupRequest::Header& header = *first.mutable_header();
  header.set_lease_id(group.lease.lease_id());
  *header.mutable_group() = group.lease.group();
  *header.mutable_sampling() = group.lease.sampling();
  header.mutable_prompt_token_ids()->Add(group.prompt.begin(), group.prompt.end());
  header.set_probe_difference(group.probe_difference);
  SubmitGroupReply reply;
  GYRE_RETURN_IF_ERROR(Call("SubmitGroup", absl::Minutes(1) + options_.call_timeout, stop,
                            [&](grpc::ClientContext& context, const MemberRef& member) {
                              *header.mutable_member() = member;
                              const auto writer = stub_->SubmitGroup(&context, &reply);
                              return WriteGroup(first, group, *writer);
                            }));
  return reply;
}

absl::Status CoordinatorClient::ReturnLeases(const std::vector<uint64_t>& lease_ids,
                                             const std::string& reason, std::stop_token stop) {
  ReturnLeasesRequest request;
  request.mutable_lease_ids()->Add(lease_ids.begin(), lease_ids.end());
  request.set_reason(reason);
  return Call("ReturnLeases", options_.call_timeout, stop,
              [&](grpc::ClientContext& context, const MemberRef& member) {
                *request.mutable_member() = member;
                ReturnLeasesReply reply;
                return stub_->ReturnLeases(&context, request, &reply);
              });
}

void CoordinatorClient::GiveUpLeases(const std::vector<uint64_t>& lease_ids,
                                     const std::string& reason, absl::Duration timeout) {
  if (lease_ids.empty()) return;
  ReturnLeasesRequest request;
  request.mutable_lease_ids()->Add(lease_ids.begin(), lease_ids.end());
  request.set_reason(reason);
  const absl::Status status =
      CallOnce("ReturnLeases", timeout, [&](grpc::ClientContext& context, const MemberRef& member) {
        *request.mutable_member() = member;
        ReturnLeasesReply reply;
        return stub_->ReturnLeases(&context, request, &reply);
      });
  if (!status.ok()) spdlog::warn("leases run out by themselves: {}", std::string(status.message()));
}

void CoordinatorClient::Leave(const std::string& reason, absl::Duration timeout) {
  LeaveRequest request;
  request.set_reason(reason);
  const absl::Status status =
      CallOnce("Leave", timeout, [&](grpc::ClientContext& context, const MemberRef& member) {
        *request.mutable_member() = member;
        LeaveReply reply;
        return stub_->Leave(&context, request, &reply);
      });
  if (!status.ok()) spdlog::warn("could not say farewell: {}", std::string(status.message()));
}

}  // namespace gyre::actor

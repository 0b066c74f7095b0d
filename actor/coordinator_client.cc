#include "actor/coordinator_client.h"

#include <google/protobuf/text_format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace gyre::actor {
namespace {

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

std::vector<uint64_t> LostLeases(const JoinRequest& request, const JoinReply& reply) {
  std::vector<uint64_t> lost;
  const auto& kept = reply.kept_leases();
  for (const HeldLease& lease : request.held_leases()) {
    if (std::find(kept.begin(), kept.end(), lease.lease_id()) == kept.end()) {
      lost.push_back(lease.lease_id());
    }
  }
  return lost;
}

}  // namespace

CoordinatorClient::CoordinatorClient(const Options& options, Callbacks callbacks,
                                     rpc::WaitBoard& waits)
    : callbacks_(std::move(callbacks)),
      membership_({.coordinator = options.coordinator,
                   .role = ACTOR,
                   .name = options.name,
                   .build = options.build,
                   .run_token = options.run_token},
                  {.add_held =
                       [this](JoinRequest& request) {
                         for (HeldLease& lease : callbacks_.held_leases()) {
                           *request.add_held_leases() = std::move(lease);
                         }
                         return absl::OkStatus();
                       },
                   .on_joined_again =
                       [this](const JoinRequest& request, const JoinReply& reply) {
                         const std::vector<uint64_t> lost = LostLeases(request, reply);
                         spdlog::info("{} of {} leases are kept",
                                      request.held_leases_size() - static_cast<int>(lost.size()),
                                      request.held_leases_size());
                         callbacks_.on_lost(lost);
                         return absl::OkStatus();
                       },
                   .on_refused = [this](const absl::Status& why) { callbacks_.on_refused(why); }},
                  &waits) {}

absl::Status CoordinatorClient::Join(std::stop_token stop) {
  GYRE_RETURN_IF_ERROR(membership_.Join(std::move(stop)));
  if (!google::protobuf::TextFormat::ParseFromString(membership_.joined().spec(), &spec_)) {
    return absl::InvalidArgumentError("the coordinator's spec is not understood");
  }
  return absl::OkStatus();
}

absl::StatusOr<HeartbeatReply> CoordinatorClient::Heartbeat(HeartbeatRequest request,
                                                            std::stop_token stop) {
  return membership_.Ask("Heartbeat", &Coordinator::Stub::Heartbeat, std::move(request),
                         absl::ZeroDuration(), std::move(stop));
}

absl::StatusOr<LeaseGroupsReply> CoordinatorClient::LeaseGroups(LeaseGroupsRequest request,
                                                                std::stop_token stop) {
  const absl::Duration wait = absl::Seconds(request.wait_seconds());
  return membership_.Ask("LeaseGroups", &Coordinator::Stub::LeaseGroups, std::move(request), wait,
                         std::move(stop));
}

absl::StatusOr<PolicyManifest> CoordinatorClient::GetPolicy(const PolicyId& policy,
                                                            std::stop_token stop) {
  GetPolicyRequest request;
  *request.mutable_policy() = policy;
  return membership_.Ask("GetPolicy", &Coordinator::Stub::GetPolicy, std::move(request),
                         absl::ZeroDuration(), std::move(stop));
}

absl::StatusOr<SubmitGroupReply> CoordinatorClient::SubmitGroup(const OutgoingGroup& group,
                                                                std::stop_token stop) {
  SubmitGroupRequest first;
  SubmitGroupRequest::Header& header = *first.mutable_header();
  header.set_lease_id(group.lease.lease_id());
  *header.mutable_group() = group.lease.group();
  *header.mutable_sampling() = group.lease.sampling();
  header.mutable_prompt_token_ids()->Add(group.prompt.begin(), group.prompt.end());
  header.set_probe_difference(group.probe_difference);
  SubmitGroupReply reply;
  GYRE_RETURN_IF_ERROR(membership_.Call("SubmitGroup", absl::Minutes(1), std::move(stop),
                                        [&](grpc::ClientContext& context, const MemberRef& member) {
                                          *header.mutable_member() = member;
                                          const auto writer =
                                              membership_.stub().SubmitGroup(&context, &reply);
                                          return WriteGroup(first, group, *writer);
                                        }));
  return reply;
}

absl::Status CoordinatorClient::ReturnLease(uint64_t lease_id, const ReturnReason& reason,
                                            std::stop_token stop) {
  ReturnLeasesRequest request;
  request.add_lease_ids(lease_id);
  request.set_reason(reason.text);
  request.set_cannot_be_made(reason.cannot_be_made);
  return membership_
      .Ask("ReturnLeases", &Coordinator::Stub::ReturnLeases, std::move(request),
           absl::ZeroDuration(), std::move(stop))
      .status();
}

void CoordinatorClient::ReturnAllLeases(const std::vector<uint64_t>& lease_ids,
                                        const std::string& reason, absl::Duration timeout) {
  if (lease_ids.empty()) return;
  ReturnLeasesRequest request;
  request.mutable_lease_ids()->Add(lease_ids.begin(), lease_ids.end());
  request.set_reason(reason);
  const absl::Status status = membership_.CallOnce(
      "ReturnLeases", timeout, [&](grpc::ClientContext& context, const MemberRef& member) {
        *request.mutable_member() = member;
        ReturnLeasesReply reply;
        return membership_.stub().ReturnLeases(&context, request, &reply);
      });
  if (!status.ok()) spdlog::warn("leases run out by themselves: {}", std::string(status.message()));
}

void CoordinatorClient::Leave(const std::string& reason, absl::Duration timeout) {
  membership_.Leave(reason, "", timeout);
}

}  // namespace gyre::actor

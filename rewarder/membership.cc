#include "rewarder/membership.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "base/build_info.h"
#include "base/wait_for_stop.h"
#include "rpc/call.h"
#include "rpc/channel.h"

namespace gyre::rewarder {
namespace {

constexpr absl::Duration kCallDeadline = absl::Seconds(5);
constexpr absl::Duration kLeaveDeadline = absl::Seconds(2);
constexpr absl::Duration kRetryPause = absl::Milliseconds(200);

// Codes that a repeated call may well not give again.
bool IsPassing(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

Membership::Membership(MembershipOptions options, std::function<void()> on_end)
    : options_(std::move(options)),
      on_end_(std::move(on_end)),
      stub_(Coordinator::NewStub(rpc::CreateChannel(options_.coordinator))),
      outcome_(absl::UnavailableError("the run goes on")),
      thread_("membership", [this](std::stop_token stop) { Run(stop); }) {}

Membership::~Membership() {
  thread_.RequestStop();
  thread_.Join();
  Leave();
}

absl::Status Membership::outcome() const {
  base::MutexLock lock(mutex_);
  return outcome_;
}

void Membership::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (!joined_ && !Join(stop)) return;
    const absl::StatusOr<HeartbeatReply> reply = Beat(stop);
    if (reply.ok() && reply->finished()) return End(absl::OkStatus());
    absl::Duration pause = absl::Seconds(membership_.heartbeat_seconds());
    if (!reply.ok() && !stop.stop_requested()) {
      if (absl::IsFailedPrecondition(reply.status())) {
        spdlog::info("joining again: {}", std::string(reply.status().message()));
        joined_ = false;
        continue;
      }
      if (!IsPassing(reply.status())) return End(reply.status());
      pause = kRetryPause;
    }
    base::WaitForStop(stop, absl::Now() + pause);
  }
}

bool Membership::Join(std::stop_token stop) {
  JoinRequest request;
  request.set_role(REWARDER);
  request.set_name(options_.name);
  request.set_build(base::BuildVersion());
  request.set_run_token(options_.run_token);
  request.set_address(options_.service_address);
  while (!stop.stop_requested()) {
    membership_.Clear();
    const absl::Status status = rpc::CallWithRetry(
        {"Coordinator.Join", options_.coordinator, absl::Now() + kCallDeadline, stop}, {},
        [&](grpc::ClientContext& context) { return stub_->Join(&context, request, &membership_); });
    if (status.ok()) {
      spdlog::info("joined {} as {}, member {}", options_.coordinator, options_.name,
                   membership_.member().member_id());
      joined_ = true;
      return true;
    }
    if (stop.stop_requested()) return false;
    if (!IsPassing(status)) {
      End(status);
      return false;
    }
    spdlog::warn("waiting for the coordinator: {}", std::string(status.message()));
    base::WaitForStop(stop, absl::Now() + kRetryPause);
  }
  return false;
}

absl::StatusOr<HeartbeatReply> Membership::Beat(std::stop_token stop) {
  HeartbeatRequest request;
  *request.mutable_member() = membership_.member();
  HeartbeatReply reply;
  const absl::Status status = rpc::CallOnce(
      {"Coordinator.Heartbeat", options_.coordinator, absl::Now() + kCallDeadline, stop},
      [&](grpc::ClientContext& context) { return stub_->Heartbeat(&context, request, &reply); });
  if (!status.ok()) return status;
  return reply;
}

void Membership::End(absl::Status outcome) {
  {
    base::MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
  }
  on_end_();
}

void Membership::Leave() {
  if (!joined_) return;
  LeaveRequest request;
  *request.mutable_member() = membership_.member();
  request.set_reason("stopping");
  LeaveReply reply;
  // If it does not get through, the coordinator notices by the silence.
  const absl::Status ignored = rpc::CallOnce(
      {"Coordinator.Leave", options_.coordinator, absl::Now() + kLeaveDeadline},
      [&](grpc::ClientContext& context) { return stub_->Leave(&context, request, &reply); });
}

}  // namespace gyre::rewarder

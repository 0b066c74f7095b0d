#include "rpc/membership.h"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <optional>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/backoff.h"
#include "base/status_macros.h"
#include "base/wait_for_stop.h"
#include "rpc/call.h"
#include "rpc/channel.h"

namespace gyre::rpc {
namespace {

// How the coordinator begins its text when it answers FAILED_PRECONDITION
// (proto/coordinator.proto).
constexpr char kJoinAgain[] = "join again";
constexpr char kRunHasFailed[] = "the run has failed";

bool Begins(const grpc::Status& answer, const char* text) {
  return answer.error_code() == grpc::FAILED_PRECONDITION &&
         absl::StartsWith(answer.error_message(), text);
}

// Between attempts that gave nothing for other reasons than that nobody listens.
base::Backoff Pauses(uint64_t seed) { return {absl::Milliseconds(100), absl::Seconds(2), seed}; }

std::string RandomInstance() {
  constexpr int kWords = 4;  // of 4 bytes
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < kWords; ++i) {
    const uint32_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  return bytes;
}

}  // namespace

Membership::Membership(Options options, Callbacks callbacks, WaitBoard* waits)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      waits_(waits),
      instance_(RandomInstance()),
      stub_(Coordinator::NewStub(CreateChannel(options_.coordinator))) {}

MemberRef Membership::member() const {
  base::MutexLock lock(mutex_);
  return member_;
}

absl::Status Membership::Refused(const absl::Status& why) {
  if (callbacks_.on_refused != nullptr) callbacks_.on_refused(why);
  return why;
}

JoinRequest Membership::MakeJoinRequest() const {
  JoinRequest request;
  request.set_role(options_.role);
  request.set_name(options_.name);
  request.set_build(options_.build);
  request.set_run_token(options_.run_token);
  request.set_spec_digest(joined_.spec_digest());
  request.set_address(options_.address);
  request.set_instance(instance_);
  return request;
}

absl::Status Membership::Join(std::stop_token stop) {
  base::MutexLock joining(joining_);
  GYRE_ASSIGN_OR_RETURN(joined_, SendJoin(MakeJoinRequest(), stop));
  last_join_ = absl::Now();
  base::MutexLock lock(mutex_);
  member_ = joined_.member();
  return absl::OkStatus();
}

absl::StatusOr<JoinReply> Membership::SendJoin(const JoinRequest& request, std::stop_token stop) {
  std::optional<NamedWait> wait;
  if (waits_ != nullptr) {
    wait.emplace(*waits_, "coordinator", absl::StrCat("the coordinator at ", options_.coordinator));
  }
  base::Backoff pauses = Pauses(std::hash<std::string>()(options_.name));
  while (true) {
    JoinReply reply;
    const absl::Status status = CallWithRetry(
        {.method = "Coordinator.Join",
         .peer = options_.coordinator,
         .deadline = absl::Now() + options_.call_timeout,
         .stop = stop},
        {}, [&](grpc::ClientContext& context) { return stub_->Join(&context, request, &reply); });
    if (status.ok()) return reply;
    if (stop.stop_requested()) return status;
    if (!IsPassing(status)) return Refused(status);
    spdlog::warn("still waiting to join: {}", std::string(status.message()));
    base::WaitForStop(stop, absl::Now() + pauses.Next());
  }
}

absl::Status Membership::JoinAgain(const MemberRef& old, std::stop_token stop) {
  base::MutexLock joining(joining_);
  const MemberRef present = member();
  if (present.member_id() != old.member_id() || present.epoch() != old.epoch()) {
    return absl::OkStatus();
  }
  base::WaitForStop(stop, last_join_ + options_.join_interval);
  JoinRequest request = MakeJoinRequest();
  if (callbacks_.add_held != nullptr) GYRE_RETURN_IF_ERROR(callbacks_.add_held(request));
  GYRE_ASSIGN_OR_RETURN(const JoinReply reply, SendJoin(request, stop));
  last_join_ = absl::Now();
  {
    base::MutexLock lock(mutex_);
    member_ = reply.member();
  }
  spdlog::info("joined again as member {} in epoch {}", reply.member().member_id(),
               reply.member().epoch());
  if (callbacks_.on_joined_again == nullptr) return absl::OkStatus();
  return callbacks_.on_joined_again(request, reply);
}

absl::Status Membership::Call(const std::string& method, absl::Duration wait, std::stop_token stop,
                              MemberAttempt attempt) {
  base::Backoff pauses = Pauses(member().member_id());
  while (true) {
    const MemberRef caller = member();
    grpc::Status answer;  // without method and peer
    const absl::Status status =
        CallWithRetry({.method = absl::StrCat("Coordinator.", method),
                       .peer = options_.coordinator,
                       .deadline = absl::Now() + wait + options_.call_timeout,
                       .stop = stop},
                      {.jitter_seed = caller.member_id()}, [&](grpc::ClientContext& context) {
                        answer = attempt(context, caller);
                        return answer;
                      });
    if (status.ok() || stop.stop_requested()) return status;
    if (Begins(answer, kJoinAgain)) {
      GYRE_RETURN_IF_ERROR(JoinAgain(caller, stop));
    } else if (Begins(answer, kRunHasFailed)) {
      return Refused(status);
    } else if (IsPassing(status)) {
      spdlog::warn("{}; asking again", std::string(status.message()));
      base::WaitForStop(stop, absl::Now() + pauses.Next());
    } else {
      return status;
    }
  }
}

absl::Status Membership::CallOnce(const std::string& method, absl::Duration timeout,
                                  MemberAttempt attempt) {
  const MemberRef caller = member();
  return rpc::CallOnce({.method = absl::StrCat("Coordinator.", method),
                        .peer = options_.coordinator,
                        .deadline = absl::Now() + timeout},
                       [&](grpc::ClientContext& context) { return attempt(context, caller); });
}

void Membership::Leave(const std::string& reason, const std::string& failure,
                       absl::Duration timeout) {
  LeaveRequest request;
  request.set_reason(reason);
  request.set_failure(failure);
  const absl::Status status =
      CallOnce("Leave", timeout, [&](grpc::ClientContext& context, const MemberRef& member) {
        *request.mutable_member() = member;
        LeaveReply reply;
        return stub_->Leave(&context, request, &reply);
      });
  // If it does not get through, the coordinator notices by the silence.
  if (!status.ok()) spdlog::info("could not say farewell: {}", std::string(status.message()));
}

}  // namespace gyre::rpc

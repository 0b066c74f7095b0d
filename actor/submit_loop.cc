#include "actor/submit_loop.h"

#include <spdlog/spdlog.h>

#include <string>

#include "absl/time/clock.h"
#include "base/backoff.h"
#include "base/wait_for_stop.h"

namespace gyre::actor {
namespace {

// A fault of the moment. (Silence and back-pressure do not come out of the call.)
bool MayBeRepeated(const absl::Status& status) {
  return absl::IsAborted(status) || absl::IsInternal(status) || absl::IsUnknown(status);
}

}  // namespace

void SubmitLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto group = groups_.TakeOutgoing(stop, absl::Now() + absl::Seconds(10));
    if (!group.ok()) continue;
    if (group->return_reason.has_value()) {
      Return(*group, *group->return_reason, stop);
    } else {
      Submit(*group, stop);
    }
  }
}

void SubmitLoop::Submit(const OutgoingGroup& group, std::stop_token stop) {
  const rpc::NamedWait wait(waits_, "coordinator", "the coordinator to take a group");
  base::Backoff backoff(absl::Milliseconds(50), absl::Seconds(2), group.lease.lease_id());
  while (!stop.stop_requested()) {
    const absl::StatusOr<SubmitGroupReply> reply = coordinator_.SubmitGroup(group, stop);
    if (reply.ok()) {
      leases_.NoteAccepted();
      return Leave(group, reply->duplicate() ? "duplicate" : "accepted");
    }
    const absl::Status& status = reply.status();
    if (stop.stop_requested()) return;
    if (absl::IsFailedPrecondition(status)) {
      // Somebody else has the group now, or its policy does not count any more.
      spdlog::warn("a group was made in vain: {}", std::string(status.message()));
      return Leave(group, "lost");
    }
    if (!MayBeRepeated(status)) {
      spdlog::error("a group is refused: {}", std::string(status.message()));
      return Return(group, ReturnReason::Of(group.lease.problem(), status), stop);
    }
    spdlog::warn("{}; handing in again", std::string(status.message()));
    base::WaitForStop(stop, absl::Now() + backoff.Next());
  }
}

void SubmitLoop::Return(const OutgoingGroup& group, const ReturnReason& reason,
                        std::stop_token stop) {
  const rpc::NamedWait wait(waits_, "coordinator", "the coordinator to take back a lease");
  spdlog::error("returning lease {}: {}", group.lease.lease_id(), reason.text);
  leases_.NoteReturned();
  const absl::Status status = coordinator_.ReturnLease(group.lease.lease_id(), reason, stop);
  if (stop.stop_requested()) return;
  if (!status.ok()) spdlog::warn("{}", std::string(status.message()));
  Leave(group, "returned");
}

void SubmitLoop::Leave(const OutgoingGroup& group, std::string_view end) {
  groups_.Remove(group.lease.lease_id());
  metrics_.AddGroupEnd(end);
}

}  // namespace gyre::actor

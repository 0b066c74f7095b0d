#include "actor/submit_loop.h"

#include <spdlog/spdlog.h>

#include <string>

#include "absl/time/clock.h"
#include "base/backoff.h"
#include "base/wait_for_stop.h"

namespace gyre::actor {
namespace {

// Back-pressure, or a fault of the moment.
bool MayBeRepeated(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsAborted(status) || absl::IsInternal(status) ||
         absl::IsUnknown(status);
}

}  // namespace

void SubmitLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto group = groups_.TakeOutgoing(stop, absl::Now() + absl::Seconds(10));
    if (!group.ok()) continue;
    if (group->give_back_reason.empty()) {
      Submit(*group, stop);
    } else {
      GiveBack(*group, group->give_back_reason, stop);
    }
  }
}

void SubmitLoop::Submit(const OutgoingGroup& group, std::stop_token stop) {
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
      return GiveBack(group, std::string(status.message()), stop);
    }
    spdlog::warn("{}; handing in again", std::string(status.message()));
    base::WaitForStop(stop, absl::Now() + backoff.Next());
  }
}

void SubmitLoop::GiveBack(const OutgoingGroup& group, const std::string& reason,
                          std::stop_token stop) {
  spdlog::error("giving back lease {} (problem {}): {}", group.lease.lease_id(),
                group.lease.problem().id(), reason);
  leases_.NoteReturned();
  const absl::Status status = coordinator_.ReturnLeases({group.lease.lease_id()}, reason, stop);
  if (stop.stop_requested()) return;
  if (!status.ok()) spdlog::warn("{}", std::string(status.message()));
  Leave(group, "returned");
}

void SubmitLoop::Leave(const OutgoingGroup& group, std::string_view end) {
  groups_.Remove(group.lease.lease_id());
  metrics_.AddGroupEnd(end);
}

}  // namespace gyre::actor

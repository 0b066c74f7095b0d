#include "actor/lease_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "base/wait_for_stop.h"

namespace gyre::actor {
namespace {

// How long a call may wait for a slot to open. With groups in hand there may soon be more room than
// the call says, so it waits less.
constexpr absl::Duration kIdleWait = absl::Seconds(10);
constexpr absl::Duration kBusyWait = absl::Milliseconds(250);

absl::Duration PauseAfter(int returned_in_row) {
  if (returned_in_row == 0) return absl::ZeroDuration();
  return std::min(absl::Seconds(5), absl::Milliseconds(20) * (1 << std::min(returned_in_row, 10)));
}

}  // namespace

void LeaseLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const absl::Duration pause = PauseAfter(returned_in_row_);
    if (pause > absl::ZeroDuration() && base::WaitForStop(stop, absl::Now() + pause)) return;
    if (!groups_.WaitForRoom(group_samples_, stop, absl::Now() + absl::Seconds(10))) continue;
    const absl::StatusOr<LeaseGroupsReply> reply = Ask(stop);
    if (!reply.ok()) {
      if (stop.stop_requested()) return;
      spdlog::error("{}", std::string(reply.status().message()));
      NoteReturned();
      continue;
    }
    for (const Lease& lease : reply->leases()) Take(lease, stop);
    if (reply->finished()) {
      ending_.Set(absl::OkStatus());
      return;
    }
  }
}

absl::StatusOr<LeaseGroupsReply> LeaseLoop::Ask(std::stop_token stop) {
  LeaseGroupsRequest request;
  request.set_free_sequences(groups_.FreeSequences());
  request.set_held_groups(groups_.NumGroups());
  request.set_wait_seconds(
      absl::ToDoubleSeconds(request.held_groups() == 0 ? kIdleWait : kBusyWait));
  const rpc::NamedWait wait(waits_, "lease", "a lease");
  return coordinator_.LeaseGroups(std::move(request), stop);
}

void LeaseLoop::Take(const Lease& lease, std::stop_token stop) {
  absl::Status status = starter_.Check(lease);
  if (status.ok()) {
    const engine::PolicyIdentity policy = *engine::IdentityOf(lease.policy());
    status = groups_.Add(lease, policy);
    if (status.ok()) {
      group_samples_ = std::min(lease.sampling().samples(), groups_.max_sequences());
      if (policies_.Find(policy) == nullptr) policies_.Want(policy);
      // It may have come since.
      starter_.StartAwaiting(policy);
      return;
    }
  }
  spdlog::error("lease {} is refused: {}", lease.lease_id(), std::string(status.message()));
  NoteReturned();
  const absl::Status returned =
      coordinator_.ReturnLeases({lease.lease_id()}, std::string(status.message()), stop);
  if (!returned.ok()) spdlog::warn("{}", std::string(returned.message()));
}

}  // namespace gyre::actor

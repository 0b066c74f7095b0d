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
// Between two questions that were answered without a lease, at least.
constexpr absl::Duration kLeastInterval = absl::Milliseconds(100);
// The coordinator may ask for a longer pause, but not for one so long that nobody would see it end.
constexpr absl::Duration kLongestPause = absl::Seconds(30);

absl::Duration PauseAfter(int returned_in_row) {
  if (returned_in_row == 0) return absl::ZeroDuration();
  return std::min(absl::Seconds(5), absl::Milliseconds(20) * (1 << std::min(returned_in_row, 10)));
}

// When the next question may come after this answer.
absl::Time NextAsk(const LeaseGroupsReply& reply, absl::Time asked) {
  if (!reply.leases().empty()) return absl::InfinitePast();
  const absl::Duration pause = absl::Seconds(reply.ask_again_seconds());
  return std::max(asked + kLeastInterval,
                  absl::Now() + std::clamp(pause, absl::ZeroDuration(), kLongestPause));
}

}  // namespace

void LeaseLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (!Pause(stop) || !AwaitRoom(stop)) continue;
    if (!lease_wait_.has_value()) lease_wait_.emplace(waits_, "lease", "a lease");
    const absl::Time asked = absl::Now();
    const absl::StatusOr<LeaseGroupsReply> reply = Ask(stop);
    if (!reply.ok()) {
      if (stop.stop_requested()) break;
      spdlog::error("{}", std::string(reply.status().message()));
      NoteReturned();
      continue;
    }
    if (!reply->leases().empty()) lease_wait_.reset();
    for (const Lease& lease : reply->leases()) Take(lease, stop);
    if (reply->finished()) {
      ending_.Set(absl::OkStatus());
      break;
    }
    base::WaitForStop(stop, NextAsk(*reply, asked));
  }
  lease_wait_.reset();
}

bool LeaseLoop::Pause(std::stop_token stop) {
  const absl::Duration pause = PauseAfter(returned_in_row_);
  if (pause == absl::ZeroDuration()) return true;
  lease_wait_.reset();
  const rpc::NamedWait wait(waits_, "pause", "a pause after returned leases");
  return !base::WaitForStop(stop, absl::Now() + pause);
}

bool LeaseLoop::AwaitRoom(std::stop_token stop) {
  if (groups_.WaitForRoom(group_samples_, stop, absl::InfinitePast())) return true;
  lease_wait_.reset();
  const rpc::NamedWait wait(waits_, "room", "room for a group");
  while (!stop.stop_requested()) {
    if (groups_.WaitForRoom(group_samples_, stop, absl::Now() + absl::Seconds(10))) return true;
  }
  return false;
}

absl::StatusOr<LeaseGroupsReply> LeaseLoop::Ask(std::stop_token stop) {
  LeaseGroupsRequest request;
  request.set_free_sequences(groups_.FreeSequences());
  request.set_held_groups(groups_.NumGroups());
  request.set_wait_seconds(
      absl::ToDoubleSeconds(request.held_groups() == 0 ? kIdleWait : kBusyWait));
  return coordinator_.LeaseGroups(std::move(request), stop);
}

void LeaseLoop::Take(const Lease& lease, std::stop_token stop) {
  absl::Status status = starter_.Check(lease);
  if (status.ok()) {
    const engine::PolicyIdentity policy = *engine::IdentityOf(lease.policy());
    status = groups_.Add(lease, policy);
    if (status.ok()) {
      group_samples_ = lease.sampling().samples();
      starter_.StartAwaiting(policy);
      // In this order: what was here a moment ago may have been forgotten since.
      if (groups_.AnyAwaits(policy)) policies_.Want(policy);
      return;
    }
  }
  spdlog::error("lease {} is refused: {}", lease.lease_id(), std::string(status.message()));
  NoteReturned();
  const absl::Status returned =
      coordinator_.ReturnLease(lease.lease_id(), ReturnReason::Of(lease.problem(), status), stop);
  if (!returned.ok()) spdlog::warn("{}", std::string(returned.message()));
}

}  // namespace gyre::actor

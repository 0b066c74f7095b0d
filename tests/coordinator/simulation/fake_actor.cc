#include "tests/coordinator/simulation/fake_actor.h"

#include <algorithm>

namespace gyre::coordinator::simulation {
FakeActor::FakeActor(World& world, Network& network, const RunFolder& folder, int index)
    : FakeMember(world, network, ACTOR, absl::StrCat("actor-", index)), folder_(folder) {}

void FakeActor::OnJoined(const JoinReply&) {
  SendHeartbeat();
  LeaseMore();
}

bool FakeActor::FillHeld(JoinRequest& request) {
  for (const auto& [id, work] : works_) {
    HeldLease& held = *request.add_held_leases();
    held.set_lease_id(id);
    *held.mutable_group() = ToProto(work.lease.group);
    *held.mutable_policy() = ToProto(work.lease.policy);
  }
  if (world_.Fault(world_.faults.lie)) ClaimFalsely(request);
  return true;
}

void FakeActor::OnJoinedAgain(const JoinReply& reply) {
  std::vector<uint64_t> lost;
  for (auto& [id, work] : works_) {
    const auto& kept = reply.kept_leases();
    if (std::find(kept.begin(), kept.end(), id) == kept.end()) {
      lost.push_back(id);
    } else {
      work.lost = false;
    }
  }
  for (const uint64_t id : lost) Lose(id);
}

void FakeActor::OnGone() {
  works_.clear();
  policies_.clear();
  policy_bytes_ = 0;
  leasing_ = false;
}

FakeActor::Work* FakeActor::Find(uint64_t lease_id) {
  const auto found = works_.find(lease_id);
  return found == works_.end() ? nullptr : &found->second;
}

void FakeActor::Lose(uint64_t lease_id) {
  Work* work = Find(lease_id);
  // What is on its way to the coordinator goes on; the answer will say that it is lost.
  if (work == nullptr || work->leaving || work->lost) return;
  world_.counts.Add("lease lost by its actor");
  if (world_.Fault(world_.faults.deaf)) {
    // It makes the group all the same, and comes late.
    work->lost = true;
    return world_.counts.Add("lost lease worked on");
  }
  works_.erase(lease_id);
  After(absl::ZeroDuration(), [this] { LeaseMore(); });
}

void FakeActor::SendHeartbeat() {
  HeartbeatRequest request;
  for (auto& [id, work] : works_) {
    if (work.boasts) ++work.tokens;
    HeartbeatRequest::LeaseProgress& progress = *request.add_leases();
    progress.set_lease_id(id);
    progress.set_tokens(work.tokens);
    progress.set_outcomes(work.outcomes);
    progress.set_waiting_for_rewarder(work.waits_for_rewarder);
  }
  request.set_policy_bytes(policy_bytes_);
  Ask<HeartbeatReply>(
      kCallTimeout,
      [request](CoordinatorHost& host, const MemberRef& ref, Answer<HeartbeatReply> answer) {
        HeartbeatRequest sent = request;
        *sent.mutable_member() = ref;
        host.Heartbeat(sent, std::move(answer));
      },
      [this](absl::StatusOr<HeartbeatReply> reply) {
        if (!reply.ok()) {
          return world_.Violate(name(), "'s heartbeat is refused: ", reply.status().ToString());
        }
        Heed(*reply);
      });
}

void FakeActor::Heed(const HeartbeatReply& reply) {
  for (const uint64_t id : reply.lost_leases()) Lose(id);
  if (reply.has_policy()) {
    const PolicyKey newest = KeyOf(reply.policy());
    known_[newest.version] = newest;
  }
  if (reply.finished()) return Leave();
  if (world_.Fault(world_.faults.lie * 0.2)) LieOfLeases();
  After(world_.dice.Between(absl::Milliseconds(800), absl::Milliseconds(1200)),
        [this] { SendHeartbeat(); });
}

void FakeActor::LeaseMore() {
  uint32_t running = 0;
  for (const auto& [id, work] : works_) {
    if (!work.leaving) running += work.lease.sampling.samples();
  }
  const uint32_t capacity = world_.setup.sequences_per_actor;
  if (leasing_ || running >= capacity) return;
  leasing_ = true;
  LeaseGroupsRequest request;
  request.set_free_sequences(capacity - running);
  request.set_held_groups(static_cast<uint32_t>(works_.size()));
  request.set_wait_seconds(works_.empty() ? 10 : 0.25);
  Ask<LeaseGrants>(
      absl::Seconds(request.wait_seconds()) + kCallTimeout,
      [request, cancelled = Cancelled()](CoordinatorHost& host, const MemberRef& ref,
                                         Answer<LeaseGrants> answer) {
        LeaseGroupsRequest sent = request;
        *sent.mutable_member() = ref;
        host.LeaseGroups(sent, cancelled, std::move(answer));
      },
      [this](absl::StatusOr<LeaseGrants> grants) {
        leasing_ = false;
        if (!grants.ok()) {
          return world_.Violate(name(), " gets no leases: ", grants.status().ToString());
        }
        if (grants->finished) return Leave();
        for (const LeaseGrant& lease : grants->grants) Take(lease);
        After(absl::Milliseconds(works_.empty() ? 10 : 250), [this] { LeaseMore(); });
      });
}

void FakeActor::SayFarewell(const std::string& reason) {
  ReturnLeasesRequest leases;
  *leases.mutable_member() = ref();
  for (const auto& [id, work] : works_) leases.add_lease_ids(id);
  Tell<ReturnLeasesReply>(
      [leases](CoordinatorHost& host, const MemberRef&, Answer<ReturnLeasesReply> answer) {
        host.ReturnLeases(leases, std::move(answer));
      });
  LeaveRequest leave;
  *leave.mutable_member() = ref();
  leave.set_reason(reason);
  Tell<LeaveReply>([leave](CoordinatorHost& host, const MemberRef&, Answer<LeaveReply> answer) {
    host.Leave(leave, std::move(answer));
  });
}

void FakeActor::Drain(absl::Duration down) {
  SayFarewell("draining");
  Exit("drained", down);
}

void FakeActor::Leave() {
  SayFarewell("the run is complete");
  End();
}

}  // namespace gyre::coordinator::simulation

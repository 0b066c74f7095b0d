#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/ledger.h"

namespace gyre::coordinator {

absl::StatusOr<JoinReply> Ledger::Join(const JoinRequest& request, absl::Time now) {
  Tick(now);
  if (request.name().empty()) return absl::InvalidArgumentError("a member needs a name");
  if (request.role() != ACTOR && request.role() != REWARDER && request.role() != LEARNER) {
    return absl::InvalidArgumentError("a member is an ACTOR, a REWARDER or a LEARNER");
  }
  GYRE_RETURN_IF_ERROR(CheckNotFailed());
  GYRE_RETURN_IF_ERROR(members_.TakeName(request.name(), request.instance()));
  const MemberTable::Member* old = members_.FindName(request.name());
  const uint64_t old_id = old == nullptr ? 0 : old->id;
  const MemberTable::Member& member = members_.Add(request, now);
  JoinReply reply;
  *reply.mutable_member() = members_.RefOf(member);
  absl::StatusOr<RankAssignment> rank;
  if (request.role() == LEARNER) rank = JoinRank(request, old_id, member.id, now);
  if (old_id != 0) {
    std::set<uint64_t> held;
    for (const HeldLease& lease : request.held_leases()) held.insert(lease.lease_id());
    for (const LeaseTable::Lease& lease : leases_.TakeOf(old_id)) {
      EndLease(lease, held.contains(lease.id) ? LeaseEnd::kReturned : LeaseEnd::kLost);
    }
    RemoveMember(old_id, LeaseEnd::kLost);
  }
  if (request.role() == LEARNER) {
    if (!rank.ok()) {
      members_.Remove(member.id);
      return rank.status();
    }
    *reply.mutable_rank() = *std::move(rank);
  }
  if (request.role() == ACTOR && !finished()) ClaimLeases(request, member.id, now, reply);
  Advance(now);
  return reply;
}

void Ledger::ClaimLeases(const JoinRequest& request, uint64_t member_id, absl::Time now,
                         JoinReply& reply) {
  for (const HeldLease& held : request.held_leases()) {
    const GroupKey key = KeyOf(held.group());
    if (key.stage >= stages_.size() || (key.purpose != TRAIN && key.purpose != EVAL)) continue;
    SlotLine& line = LineOf(key);
    if (key.slot >= line.open_slots() || line.PresentGroup(key.slot) != key ||
        line.slot(key.slot).state != GroupState::kPending ||
        !leases_.MayGoOn(key, held.lease_id(), now)) {
      continue;
    }
    const PolicyKey policy = KeyOf(held.policy());
    if (held.has_policy() && !CheckPolicy(key, policy).ok()) continue;
    line.Lease(key.slot);
    leases_.Claim(held.lease_id(), key, member_id, policy, now);
    reply.add_kept_leases(held.lease_id());
  }
}

absl::StatusOr<RankAssignment> Ledger::JoinRank(const JoinRequest& request, uint64_t old_id,
                                                uint64_t id, absl::Time now) {
  // A rank may be ahead of the ledger by one: the commit of its last step is still to come.
  std::optional<HeldRank> held;
  if (request.has_held_rank() && request.held_rank().version() <= steps_.committed() + 1) {
    held = request.held_rank();
  }
  if (old_id != 0) {
    if (held.has_value()) {
      if (const auto again = ranks_.Rejoin(old_id, id, *held)) return *again;
    }
    ranks_.Remove(old_id);
  }
  const uint32_t attempt_before = ranks_.attempt();
  absl::StatusOr<RankAssignment> rank = ranks_.Join(id, request.name(), held);
  if (ranks_.attempt() != attempt_before) Emit(PresentRunRow(now));
  return rank;
}

absl::StatusOr<HeartbeatReply> Ledger::Heartbeat(const HeartbeatRequest& request, absl::Time now) {
  Tick(now);
  GYRE_ASSIGN_OR_RETURN(MemberTable::Member * member,
                        members_.Hear(request.member(), ROLE_UNSPECIFIED, now));
  if (member->role == LEARNER) {
    GYRE_RETURN_IF_ERROR(ranks_.RankOf(member->id, ranks_.attempt()).status());
  } else {
    // Ranks hear of it at their next step, and say goodbye to each other first.
    GYRE_RETURN_IF_ERROR(CheckNotFailed());
  }
  HeartbeatReply reply;
  for (const HeartbeatRequest::LeaseProgress& progress : request.leases()) {
    if (!leases_.Report(progress, member->id, now)) reply.add_lost_leases(progress.lease_id());
  }
  if (request.policy_bytes() > member->policy_bytes) {
    member->policy_bytes = request.policy_bytes();
    leases_.RenewAll(member->id, now);
  }
  *member->last_heartbeat.mutable_waits() = request.waits();
  member->last_heartbeat.set_tokens_generated(request.tokens_generated());
  member->last_heartbeat.set_sequences_running(request.sequences_running());
  for (const std::string& address : members_.rewarder_addresses()) {
    reply.add_rewarder_addresses(address);
  }
  if (const PolicyRow* policy = LivePolicy(); policy != nullptr) {
    *reply.mutable_policy() = ToProto(policy->key);
  }
  reply.set_finished(finished());
  return reply;
}

absl::Status Ledger::Leave(const LeaveRequest& request, absl::Time now) {
  Tick(now);
  GYRE_ASSIGN_OR_RETURN(MemberTable::Member * member,
                        members_.Hear(request.member(), ROLE_UNSPECIFIED, now));
  if (!request.failure().empty()) Fail(absl::StrCat(member->name, ": ", request.failure()));
  RemoveMember(member->id, LeaseEnd::kReturned);
  Advance(now);
  return absl::OkStatus();
}

void Ledger::Tick(absl::Time now) {
  for (const LeaseTable::Lease& lease : leases_.TakeExpired(now)) {
    EndLease(lease, LeaseEnd::kExpired);
    if (!lease.cut_short) continue;  // nothing has come of it for long
    if (LineOf(lease.group).CountOverrun(lease.group.slot) < kMostFailures) continue;
    Fail(absl::StrCat(InWords(lease.group), " was not complete within its lease's absolute end of ",
                      absl::FormatDuration(plan_.limits.lease_absolute), " for ", kMostFailures,
                      " times, although it made progress; raise limits.lease_absolute_seconds"));
  }
  for (const uint64_t id : members_.Silent(now, plan_.limits.member)) {
    RemoveMember(id, LeaseEnd::kLost);
  }
}

void Ledger::Excuse(absl::Duration gap) {
  leases_.Excuse(gap);
  members_.Excuse(gap);
}

void Ledger::RemoveMember(uint64_t id, LeaseEnd why) {
  for (const LeaseTable::Lease& lease : leases_.TakeOf(id)) EndLease(lease, why);
  ranks_.Remove(id);
  members_.Remove(id);
}

void Ledger::EndLease(const LeaseTable::Lease& lease, LeaseEnd why) {
  const bool in_vain = why == LeaseEnd::kExpired || why == LeaseEnd::kLost;
  LineOf(lease.group).EndLease(lease.group.slot, in_vain);
  lease_expiries_ += in_vain;
}

absl::StatusOr<uint32_t> Ledger::HearRank(const MemberRef& member, uint32_t attempt, absl::Time now,
                                          Arrival arrived) {
  Tick(now);
  GYRE_ASSIGN_OR_RETURN(MemberTable::Member * rank,
                        members_.Hear(member, LEARNER, arrived.value_or(now)));
  return ranks_.RankOf(rank->id, attempt);
}

}  // namespace gyre::coordinator

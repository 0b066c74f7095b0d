// What a wrong actor says of leases that are not its own. None of it has an effect.
#include "tests/coordinator/simulation/fake_actor.h"

namespace gyre::coordinator::simulation {

void FakeActor::LieOfLeases() {
  HeartbeatRequest heartbeat;
  *heartbeat.mutable_member() = ref();
  ReturnLeasesRequest returned;
  *returned.mutable_member() = ref();
  for (int i = 0; i < 4; ++i) {
    const uint64_t id = world_.told_leases.Overhear(world_.dice).value_or(1);
    if (works_.contains(id)) continue;
    returned.add_lease_ids(id);
    HeartbeatRequest::LeaseProgress& progress = *heartbeat.add_leases();
    progress.set_lease_id(id);
    progress.set_tokens(1000);
  }
  world_.counts.Add("lie of others' leases");
  // Its own lease that it has not heard of yet may be among them, and then it has it no more.
  Tell<ReturnLeasesReply>(
      [returned](CoordinatorHost& host, const MemberRef&, Answer<ReturnLeasesReply> answer) {
        host.ReturnLeases(returned, std::move(answer));
      });
  Tell<HeartbeatReply>(
      [heartbeat](CoordinatorHost& host, const MemberRef&, Answer<HeartbeatReply> answer) {
        host.Heartbeat(heartbeat, std::move(answer));
      });
}

void FakeActor::ClaimFalsely(JoinRequest& request) {
  world_.counts.Add("false claim of a lease");
  auto claim = [&](uint64_t id, const GroupKey& group) {
    HeldLease& held = *request.add_held_leases();
    held.set_lease_id(id);
    *held.mutable_group() = ToProto(group);
  };
  const uint32_t stages = static_cast<uint32_t>(world_.setup.plan.stages.size());
  const GroupKey guess{.stage = static_cast<uint32_t>(world_.dice.Below(stages)),
                       .purpose = world_.dice.Chance(0.5) ? TRAIN : EVAL,
                       .slot = world_.dice.Below(6)};
  claim(0, guess);
  claim(world_.told_leases.Overhear(world_.dice).value_or(1), guess);
  for (const auto& [id, work] : works_) {
    claim(id, world_.dice.Chance(0.5) ? guess : work.lease.group);
    GroupKey next = work.lease.group;
    ++next.slot;
    claim(id, next);
  }
}

}  // namespace gyre::coordinator::simulation

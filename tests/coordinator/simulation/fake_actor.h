#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/coordinator/simulation/fake_member.h"
#include "tests/coordinator/simulation/run_folder.h"

namespace gyre::coordinator::simulation {

// An actor: leases groups, fetches their policies, makes their samples bit by bit, hands them in.
// With faults it is slow, gives leases back, goes on with lost ones and, before a true group, hands
// in false ones.
class FakeActor final : public FakeMember {
 public:
  FakeActor(World& world, Network& network, const RunFolder& folder, int index);

  // Gives its leases back and leaves; another process starts after `down`.
  void Drain(absl::Duration down);

 private:
  struct Work {
    LeaseGrant lease;
    std::vector<PolicyKey> policies;  // begun with, and ended with if that is another
    uint64_t tokens = 0;
    uint32_t outcomes = 0;
    bool waits_for_rewarder = false;
    bool boasts = false;   // reports tokens while its engine hangs
    bool lost = false;     // its lease is over, and it goes on all the same
    bool leaving = false;  // handed in or given back
  };

  void OnJoined(const JoinReply& reply) override;
  bool FillHeld(JoinRequest& request) override;
  void OnJoinedAgain(const JoinReply& reply) override;
  void OnGone() override;

  void SendHeartbeat();
  void Heed(const HeartbeatReply& reply);
  void LeaseMore();
  void Take(const LeaseGrant& lease);
  // Null: the lease was lost meanwhile.
  Work* Find(uint64_t lease_id);
  void Fetch(uint64_t lease_id, int tries);
  void Decode(uint64_t lease_id, int pieces);
  void Score(uint64_t lease_id, uint32_t scored);
  void HandIn(uint64_t lease_id);
  void GiveBack(uint64_t lease_id);
  void Lose(uint64_t lease_id);
  void SayFarewell(const std::string& reason);
  void Leave();
  HandedIn Honest(const Work& work) const;
  // lies_of_actor.cc
  void Lie(const Work& work);
  // A false report of progress, or a return, of leases that are not its own.
  void LieOfLeases();
  // Claims leases of other groups, of others, and the same one twice.
  void ClaimFalsely(JoinRequest& request);

  const RunFolder& folder_;
  std::map<uint64_t, Work> works_;      // by lease id
  std::set<PolicyKey> policies_;        // fetched by this process
  std::map<int64_t, PolicyKey> known_;  // published ones that it has heard of, in any life
  uint64_t policy_bytes_ = 0;
  bool leasing_ = false;
};

}  // namespace gyre::coordinator::simulation

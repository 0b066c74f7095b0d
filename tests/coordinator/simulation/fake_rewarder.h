#pragma once

#include "tests/coordinator/simulation/fake_member.h"

namespace gyre::coordinator::simulation {

// A rewarder as the coordinator sees it: a member with an address, which beats.
class FakeRewarder final : public FakeMember {
 public:
  FakeRewarder(World& world, Network& network, int index);

 private:
  void OnJoined(const JoinReply& reply) override;
  bool FillHeld(JoinRequest& request) override;
  void OnJoinedAgain(const JoinReply& reply) override;
  void OnGone() override {}

  void SendHeartbeat();
};

}  // namespace gyre::coordinator::simulation

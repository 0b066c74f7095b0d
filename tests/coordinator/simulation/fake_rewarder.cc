#include "tests/coordinator/simulation/fake_rewarder.h"

namespace gyre::coordinator::simulation {
FakeRewarder::FakeRewarder(World& world, Network& network, int index)
    : FakeMember(world, network, REWARDER, absl::StrCat("rewarder-", index)) {}

void FakeRewarder::OnJoined(const JoinReply&) { SendHeartbeat(); }

bool FakeRewarder::FillHeld(JoinRequest&) { return true; }

void FakeRewarder::OnJoinedAgain(const JoinReply&) {}

void FakeRewarder::SendHeartbeat() {
  Ask<HeartbeatReply>(
      kCallTimeout,
      [](CoordinatorHost& host, const MemberRef& ref, Answer<HeartbeatReply> answer) {
        HeartbeatRequest request;
        *request.mutable_member() = ref;
        host.Heartbeat(request, std::move(answer));
      },
      [this](absl::StatusOr<HeartbeatReply> reply) {
        if (!reply.ok()) {
          return world_.Violate(name(), "'s heartbeat is refused: ", reply.status().ToString());
        }
        if (reply->finished()) {
          Tell<LeaveReply>(
              [](CoordinatorHost& host, const MemberRef& ref, Answer<LeaveReply> answer) {
                LeaveRequest leave;
                *leave.mutable_member() = ref;
                leave.set_reason("the run is complete");
                host.Leave(leave, std::move(answer));
              });
          return End();
        }
        After(world_.dice.Between(absl::Milliseconds(800), absl::Milliseconds(1200)),
              [this] { SendHeartbeat(); });
      });
}

}  // namespace gyre::coordinator::simulation

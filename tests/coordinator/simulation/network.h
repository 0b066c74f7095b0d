#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "tests/coordinator/simulation/answer.h"
#include "tests/coordinator/simulation/coordinator_host.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// Carries calls of members to the coordinator and the answers back, with the delays, losses and
// repetitions of the mix; later messages may overtake earlier ones.
class Network {
 public:
  // How a member is connected.
  struct Line {
    absl::Time cut_off_until = absl::InfinitePast();
  };

  Network(World& world, CoordinatorHost& host) : world_(world), host_(host) {}

  // UNAVAILABLE: nobody listens. DEADLINE_EXCEEDED: no answer within `timeout`. `line` outlives the
  // call. `answer` is called once.
  template <typename Reply>
  void Call(const Line& line, absl::Duration timeout,
            std::function<void(CoordinatorHost&, Answer<Reply>)> request, Answer<Reply> answer) {
    auto open = std::make_shared<Answer<Reply>>(std::move(answer));
    Answer<Reply> once = [open](absl::StatusOr<Reply> reply) {
      if (*open == nullptr) return;
      std::exchange(*open, nullptr)(std::move(reply));
    };
    world_.schedule.After(timeout,
                          [once] { once(absl::DeadlineExceededError("no answer in time")); });
    const bool repeated = world_.Fault(world_.faults.repeated_request);
    if (repeated) world_.counts.Add("request repeated");
    for (int copy = 0; copy < (repeated ? 2 : 1); ++copy) {
      if (Loses(line, world_.faults.lost_request, "request lost")) continue;
      world_.schedule.After(Delay(), [this, &line, request, once] { Arrive(line, request, once); });
    }
  }

 private:
  template <typename Reply>
  void Arrive(const Line& line, const std::function<void(CoordinatorHost&, Answer<Reply>)>& request,
              Answer<Reply> once) {
    Answer<Reply> back = [this, &line, once](absl::StatusOr<Reply> reply) {
      if (Loses(line, world_.faults.lost_reply, "reply lost")) return;
      world_.schedule.After(Delay(), [once, reply = std::move(reply)] { once(reply); });
    };
    if (!host_.up()) return back(absl::UnavailableError("nobody listens"));
    request(host_, std::move(back));
  }

  bool Loses(const Line& line, double chance, const char* kind) {
    const bool lost = line.cut_off_until > world_.now() || world_.Fault(chance);
    if (lost) world_.counts.Add(kind);
    return lost;
  }

  absl::Duration Delay() {
    if (world_.Fault(world_.faults.slow_message)) {
      world_.counts.Add("message delayed");
      return world_.dice.Between(absl::Milliseconds(20), world_.faults.slowest_message);
    }
    return absl::Milliseconds(world_.dice.Between(1, 4));
  }

  World& world_;
  CoordinatorHost& host_;
};

}  // namespace gyre::coordinator::simulation

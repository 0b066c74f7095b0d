#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "proto/coordinator.pb.h"
#include "tests/coordinator/simulation/answer.h"
#include "tests/coordinator/simulation/network.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// A place in the run, such as "actor-1", and the processes that fill it one after the other. Like
// the real ones a process repeats calls that are not answered, and joins again, saying what it
// holds, when the coordinator does not know it.
class FakeMember {
 public:
  FakeMember(World& world, Network& network, Role role, std::string name);
  virtual ~FakeMember() = default;
  FakeMember(const FakeMember&) = delete;
  FakeMember& operator=(const FakeMember&) = delete;

  // Starts a process, which joins.
  void Start();
  // The process is gone at once; another one starts after `down`.
  void Kill(absl::Duration down);
  // The process stands still: what it was told and its own timers wait.
  void Hang(absl::Duration hung);
  // Its messages and the answers to them are lost, but its connections do not break.
  void CutOff(absl::Duration cut_off);

  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  // It has learnt that the run is finished, and left.
  bool ended() const { return ended_; }

 protected:
  // For a call without a wait of its own.
  static constexpr absl::Duration kCallTimeout = absl::Seconds(6);

  template <typename Reply>
  using Request = std::function<void(CoordinatorHost&, const MemberRef&, Answer<Reply>)>;

  // A new process has joined.
  virtual void OnJoined(const JoinReply& reply) = 0;
  // What to say when this process joins again. False: it must not; it exits.
  virtual bool FillHeld(JoinRequest& request) = 0;
  virtual void OnJoinedAgain(const JoinReply& reply) = 0;
  // The process is gone, by itself or not.
  virtual void OnGone() = 0;

  // Runs `event` later, in this process and when it does not hang.
  void After(absl::Duration delay, std::function<void()> event);
  // Repeats the call until the coordinator answers; `then` gets the answer, in this process. An
  // error is one that the coordinator has said, and not "join again".
  template <typename Reply>
  void Ask(absl::Duration timeout, Request<Reply> request, Answer<Reply> then);
  // One attempt, whose answer does not matter to the process.
  template <typename Reply>
  void Tell(Request<Reply> request, Answer<Reply> then = nullptr);
  // Ends this process; another one starts after `down`.
  void Exit(const std::string& why, absl::Duration down);
  // Ends this process for good.
  void End();
  // Whether the process that asks now is gone; for polls.
  CoordinatorHost::Cancelled Cancelled() const {
    return [this, life = life_] { return life != life_; };
  }
  const MemberRef& ref() const { return ref_; }
  // Of this process.
  std::string address() const { return absl::StrCat(name_, "#", life_); }

  World& world_;

 private:
  void Gone();
  void LoseName();
  void Join();
  // Calls `then` when this process is known to the coordinator again, unless it exits.
  void JoinAgain(const MemberRef& refused, std::function<void()> then);
  JoinRequest MakeJoin() const;
  absl::Duration Pause() {
    return world_.dice.Between(absl::Milliseconds(50), absl::Milliseconds(600));
  }

  Network& network_;
  const Role role_;
  const std::string name_;
  Network::Line line_;
  uint64_t life_ = 0;
  bool alive_ = false;
  bool ended_ = false;
  absl::Time hung_until_ = absl::InfinitePast();
  MemberRef ref_;
  bool joining_again_ = false;
  std::vector<std::function<void()>> after_joining_;
};

template <typename Reply>
void FakeMember::Ask(absl::Duration timeout, Request<Reply> request, Answer<Reply> then) {
  const MemberRef sent = ref_;
  network_.Call<Reply>(
      line_, timeout,
      [request, sent](CoordinatorHost& host, Answer<Reply> answer) {
        request(host, sent, std::move(answer));
      },
      [=, this, life = life_](absl::StatusOr<Reply> reply) {
        if (life != life_) return;
        After(absl::ZeroDuration(), [=, this] {
          const absl::Status& status = reply.status();
          auto again = [=, this] { Ask<Reply>(timeout, request, then); };
          if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
            After(Pause(), again);
          } else if (absl::StartsWith(status.message(), "join again")) {
            JoinAgain(sent, again);
          } else {
            then(reply);
          }
        });
      });
}

template <typename Reply>
void FakeMember::Tell(Request<Reply> request, Answer<Reply> then) {
  network_.Call<Reply>(
      line_, absl::Seconds(5),
      [request, sent = ref_](CoordinatorHost& host, Answer<Reply> answer) {
        request(host, sent, std::move(answer));
      },
      [then](absl::StatusOr<Reply> reply) {
        if (then) then(std::move(reply));
      });
}

}  // namespace gyre::coordinator::simulation

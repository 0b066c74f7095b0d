#include "tests/coordinator/simulation/fake_member.h"

#include "base/digest.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr absl::Duration kJoinTimeout = absl::Seconds(5);

}  // namespace

FakeMember::FakeMember(World& world, Network& network, Role role, std::string name)
    : world_(world), network_(network), role_(role), name_(std::move(name)) {}

void FakeMember::Start() {
  ++life_;
  alive_ = true;
  ref_.Clear();
  hung_until_ = absl::InfinitePast();
  joining_again_ = false;
  after_joining_.clear();
  world_.log.Add(name_, ": process ", life_, " starts");
  Join();
}

void FakeMember::After(absl::Duration delay, std::function<void()> event) {
  world_.schedule.After(delay, [this, life = life_, event = std::move(event)] {
    if (life != life_) return;
    if (hung_until_ > world_.now()) return After(hung_until_ - world_.now(), event);
    event();
  });
}

JoinRequest FakeMember::MakeJoin() const {
  JoinRequest request;
  request.set_role(role_);
  request.set_name(name_);
  request.set_address(address());
  request.set_instance(std::string(base::Sha256::Of(address()).bytes().substr(0, 16)));
  request.set_inexact_replay(role_ == LEARNER && world_.setup.inexact_replay);
  return request;
}

void FakeMember::Join() {
  network_.Call<JoinReply>(
      line_, kJoinTimeout,
      [request = MakeJoin()](CoordinatorHost& host, Answer<JoinReply> answer) {
        host.Join(request, std::move(answer));
      },
      [this, life = life_](absl::StatusOr<JoinReply> reply) {
        if (life != life_) return;
        After(absl::ZeroDuration(), [this, reply = std::move(reply)] {
          if (!reply.ok()) {
            // Nobody answered, or every rank is taken.
            if (absl::IsUnavailable(reply.status()) || absl::IsDeadlineExceeded(reply.status())) {
              return After(Pause(), [this] { Join(); });
            }
            if (absl::IsAlreadyExists(reply.status())) return LoseName();
            return world_.Violate(name_, " may not join: ", reply.status().ToString());
          }
          ref_ = reply->member();
          OnJoined(*reply);
        });
      });
}

void FakeMember::JoinAgain(const MemberRef& refused, std::function<void()> then) {
  // Another call has joined again since.
  if (refused.member_id() != ref_.member_id() || refused.epoch() != ref_.epoch()) return then();
  after_joining_.push_back(std::move(then));
  if (joining_again_) return;
  JoinRequest request = MakeJoin();
  if (!FillHeld(request)) return Exit("it holds nothing yet", Pause());
  joining_again_ = true;
  world_.counts.Add("member joins again");
  network_.Call<JoinReply>(
      line_, kJoinTimeout,
      [request](CoordinatorHost& host, Answer<JoinReply> answer) {
        host.Join(request, std::move(answer));
      },
      [this, refused, life = life_](absl::StatusOr<JoinReply> reply) {
        if (life != life_) return;
        After(absl::ZeroDuration(), [this, refused, reply = std::move(reply)] {
          joining_again_ = false;
          if (!reply.ok()) {
            if (absl::IsAlreadyExists(reply.status())) return LoseName();
            auto waiting = std::exchange(after_joining_, {});
            if (!absl::IsUnavailable(reply.status()) && !absl::IsDeadlineExceeded(reply.status())) {
              return world_.Violate(name_, " may not join again: ", reply.status().ToString());
            }
            for (auto& each : waiting) {
              After(Pause(), [this, refused, each] { JoinAgain(refused, each); });
            }
            return;
          }
          ref_ = reply->member();
          const uint64_t life = life_;
          OnJoinedAgain(*reply);
          if (life != life_) return;
          for (auto& each : std::exchange(after_joining_, {})) each();
        });
      });
}

// A former process's call came so late that it looked like that of a newer one.
void FakeMember::LoseName() {
  world_.counts.Add("name lost to a former process");
  Exit("its name is another's", Pause());
}

void FakeMember::Gone() {
  OnGone();
  ++life_;
  alive_ = false;
}

void FakeMember::Kill(absl::Duration down) {
  world_.log.Add(name_, ": killed");
  Exit("killed", down);
}

void FakeMember::Exit(const std::string& why, absl::Duration down) {
  world_.log.Add(name_, ": exits: ", why);
  Gone();
  world_.schedule.After(down, [this, life = life_] {
    if (life == life_) Start();
  });
}

void FakeMember::End() {
  world_.log.Add(name_, ": ends");
  ended_ = true;
  Gone();
}

void FakeMember::Hang(absl::Duration hung) {
  world_.log.Add(name_, ": hangs for ", absl::FormatDuration(hung));
  hung_until_ = std::max(hung_until_, world_.now() + hung);
}

void FakeMember::CutOff(absl::Duration cut_off) {
  world_.log.Add(name_, ": cut off for ", absl::FormatDuration(cut_off));
  line_.cut_off_until = std::max(line_.cut_off_until, world_.now() + cut_off);
}

}  // namespace gyre::coordinator::simulation

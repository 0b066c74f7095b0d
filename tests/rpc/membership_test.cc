#include "rpc/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/worker_thread.h"
#include "rpc/server_host.h"
#include "rpc/status_codec.h"

namespace gyre::rpc {
namespace {

using testing::HasSubstr;

// The next Join or Heartbeat takes the next status of its list, then answers well.
class ScriptedCoordinator final : public Coordinator::Service {
 public:
  grpc::Status Join(grpc::ServerContext*, const JoinRequest* request, JoinReply* reply) override {
    base::MutexLock lock(mutex_);
    joins_.push_back(*request);
    reply->mutable_member()->set_member_id(joins_.size());
    reply->set_spec_digest("digest");
    return rpc::ToGrpc(Take(join_script_));
  }
  grpc::Status Heartbeat(grpc::ServerContext*, const HeartbeatRequest* request,
                         HeartbeatReply*) override {
    base::MutexLock lock(mutex_);
    beats_.push_back(request->member().member_id());
    changed_.NotifyAll();
    return rpc::ToGrpc(Take(beat_script_));
  }

  void Script(std::vector<absl::Status> joins, std::vector<absl::Status> beats) {
    base::MutexLock lock(mutex_);
    join_script_.assign(joins.begin(), joins.end());
    beat_script_.assign(beats.begin(), beats.end());
  }
  std::vector<JoinRequest> joins() {
    base::MutexLock lock(mutex_);
    return joins_;
  }
  // The member of each heartbeat.
  std::vector<uint64_t> beats() {
    base::MutexLock lock(mutex_);
    return beats_;
  }
  bool WaitForBeats(size_t count) {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(30),
                              [&] { return beats_.size() >= count; });
  }

 private:
  static absl::Status Take(std::deque<absl::Status>& script) {
    if (script.empty()) return absl::OkStatus();
    const absl::Status status = script.front();
    script.pop_front();
    return status;
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<absl::Status> join_script_, beat_script_;
  std::vector<JoinRequest> joins_;
  std::vector<uint64_t> beats_;
};

class MembershipTest : public testing::Test {
 protected:
  MembershipTest() {
    host_.AddService(coordinator_);
    const auto port = host_.Start("127.0.0.1:0");
    EXPECT_TRUE(port.ok()) << port.status();
    address_ = absl::StrCat("127.0.0.1:", port.value_or(0));
  }

  std::unique_ptr<Membership> Make(absl::Duration join_interval = absl::ZeroDuration()) {
    return std::make_unique<Membership>(
        Membership::Options{.coordinator = address_,
                            .role = ACTOR,
                            .name = "actor-7",
                            .build = "build",
                            .run_token = "secret",
                            .join_interval = join_interval},
        Membership::Callbacks{.add_held =
                                  [this](JoinRequest& request) {
                                    request.add_held_leases()->set_lease_id(5);
                                    return held_;
                                  },
                              .on_joined_again =
                                  [this](const JoinRequest& request, const JoinReply&) {
                                    held_again_ = request.held_leases_size();
                                    return joined_again_;
                                  },
                              .on_refused = [this](const absl::Status& why) { refused_ = why; }});
  }
  static absl::Status Beat(Membership& membership, std::stop_token stop = {}) {
    return membership
        .Ask("Heartbeat", &Coordinator::Stub::Heartbeat, HeartbeatRequest(), absl::ZeroDuration(),
             stop)
        .status();
  }

  ScriptedCoordinator coordinator_;
  ServerHost host_;
  std::string address_;
  absl::Status held_, joined_again_, refused_;
  int held_again_ = 0;
};

TEST_F(MembershipTest, SaysWhoItIs) {
  const auto membership = Make();
  ASSERT_TRUE(membership->Join({}).ok());
  const JoinRequest join = coordinator_.joins().front();
  EXPECT_EQ(join.role(), ACTOR);
  EXPECT_EQ(join.name(), "actor-7");
  EXPECT_EQ(join.build(), "build");
  EXPECT_EQ(join.run_token(), "secret");
  EXPECT_EQ(join.spec_digest(), "");
  EXPECT_EQ(join.instance().size(), 16u);
  EXPECT_EQ(join.held_leases_size(), 0);
}

TEST_F(MembershipTest, JoinsAgainAndRepeatsTheCall) {
  const auto membership = Make();
  ASSERT_TRUE(membership->Join({}).ok());
  coordinator_.Script({}, {absl::FailedPreconditionError("join again: another epoch")});
  EXPECT_TRUE(Beat(*membership).ok());
  EXPECT_THAT(coordinator_.beats(), testing::ElementsAre(1, 2));
  const std::vector<JoinRequest> joins = coordinator_.joins();
  ASSERT_EQ(joins.size(), 2u);
  EXPECT_EQ(joins[1].held_leases_size(), 1);
  EXPECT_EQ(joins[1].spec_digest(), "digest");
  EXPECT_EQ(joins[1].instance(), joins[0].instance());
  EXPECT_EQ(held_again_, 1);
}

TEST_F(MembershipTest, WaitsOutSilenceOfEveryKind) {
  const std::vector<absl::Status> silence = {
      absl::UnavailableError("starting"), absl::CancelledError("stopping"),
      absl::ResourceExhaustedError("too many threads"), absl::UnknownError("Stream removed"),
      absl::DeadlineExceededError("")};
  coordinator_.Script(silence, silence);
  const auto membership = Make();
  EXPECT_TRUE(membership->Join({}).ok());
  EXPECT_TRUE(Beat(*membership).ok());
  EXPECT_EQ(coordinator_.joins().size(), 6u);
  EXPECT_EQ(coordinator_.beats().size(), 6u);
  EXPECT_TRUE(refused_.ok());
}

TEST_F(MembershipTest, OnlyTheBeginningOfTheCoordinatorsTextCounts) {
  const auto membership = Make();
  ASSERT_TRUE(membership->Join({}).ok());
  coordinator_.Script({}, {absl::FailedPreconditionError("policy too old: do not join again")});
  EXPECT_THAT(std::string(Beat(*membership).message()), HasSubstr("policy too old"));
  coordinator_.Script({}, {absl::InvalidArgumentError("join again")});
  EXPECT_TRUE(absl::IsInvalidArgument(Beat(*membership)));
  EXPECT_EQ(coordinator_.joins().size(), 1u);
  EXPECT_TRUE(refused_.ok());
}

TEST_F(MembershipTest, RefusalIsTold) {
  coordinator_.Script({absl::PermissionDeniedError("another run token")}, {});
  const auto membership = Make();
  EXPECT_TRUE(absl::IsPermissionDenied(membership->Join({})));
  EXPECT_TRUE(absl::IsPermissionDenied(refused_));
}

TEST_F(MembershipTest, NameThatAnotherProcessTookIsARefusal) {
  const auto membership = Make();
  ASSERT_TRUE(membership->Join({}).ok());
  coordinator_.Script({absl::AlreadyExistsError("another process has taken the name \"actor-7\"")},
                      {absl::FailedPreconditionError("join again: member 1 is not known")});
  EXPECT_TRUE(absl::IsAlreadyExists(Beat(*membership)));
  EXPECT_THAT(std::string(refused_.message()), HasSubstr("another process has taken the name"));
}

TEST_F(MembershipTest, FailedRunIsARefusal) {
  const auto membership = Make();
  ASSERT_TRUE(membership->Join({}).ok());
  coordinator_.Script({}, {absl::FailedPreconditionError("the run has failed: no loss")});
  EXPECT_TRUE(absl::IsFailedPrecondition(Beat(*membership)));
  EXPECT_THAT(std::string(refused_.message()), HasSubstr("the run has failed: no loss"));
  EXPECT_EQ(coordinator_.joins().size(), 1u);
}

TEST_F(MembershipTest, ProcessThatCannotGoOnDoesNotJoinAgain) {
  const auto membership = Make();
  ASSERT_TRUE(membership->Join({}).ok());
  held_ = absl::AbortedError("nothing is held");
  coordinator_.Script({}, {absl::FailedPreconditionError("join again")});
  EXPECT_EQ(Beat(*membership), held_);
  EXPECT_EQ(coordinator_.joins().size(), 1u);
  held_ = absl::OkStatus();
  joined_again_ = absl::AbortedError("the ranks form anew");
  coordinator_.Script({}, {absl::FailedPreconditionError("join again")});
  EXPECT_EQ(Beat(*membership), joined_again_);
  EXPECT_EQ(coordinator_.joins().size(), 2u);
}

// Two processes of one name would otherwise push each other out as fast as messages travel.
TEST_F(MembershipTest, LeavesTimeBetweenTwoJoinings) {
  const auto membership = Make(/*join_interval=*/absl::Hours(1));
  ASSERT_TRUE(membership->Join({}).ok());
  coordinator_.Script({}, {absl::FailedPreconditionError("join again")});
  absl::Status status;
  base::WorkerThread beating("beating",
                             [&](std::stop_token stop) { status = Beat(*membership, stop); });
  ASSERT_TRUE(coordinator_.WaitForBeats(1));
  beating.RequestStop();
  beating.Join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(coordinator_.joins().size(), 1u);
}

TEST_F(MembershipTest, StopEndsEveryWait) {
  const auto membership = Make();
  host_.Stop(absl::Now());
  absl::Status status;
  base::WorkerThread joining("joining",
                             [&](std::stop_token stop) { status = membership->Join(stop); });
  joining.RequestStop();
  joining.Join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(refused_.ok());
}

}  // namespace
}  // namespace gyre::rpc

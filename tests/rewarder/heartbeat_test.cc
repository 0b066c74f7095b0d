#include "rewarder/heartbeat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "absl/strings/str_cat.h"
#include "rpc/server_host.h"
#include "rpc/status_codec.h"

namespace gyre::rewarder {
namespace {

// A coordinator that follows a script: the next Join or Heartbeat takes the next status of its
// list, then answers well.
class ScriptedCoordinator final : public Coordinator::Service {
 public:
  grpc::Status Join(grpc::ServerContext*, const JoinRequest* request, JoinReply* reply) override {
    base::MutexLock lock(mutex_);
    joins_.push_back(*request);
    changed_.NotifyAll();
    reply->mutable_member()->set_member_id(joins_.size());
    reply->mutable_member()->set_epoch(1);
    reply->set_heartbeat_seconds(0.01);
    return rpc::ToGrpc(Take(join_script_));
  }
  grpc::Status Heartbeat(grpc::ServerContext*, const HeartbeatRequest* request,
                         HeartbeatReply* reply) override {
    base::MutexLock lock(mutex_);
    beats_.push_back(request->member().member_id());
    changed_.NotifyAll();
    reply->set_finished(finished_);
    return rpc::ToGrpc(Take(beat_script_));
  }
  grpc::Status Leave(grpc::ServerContext*, const LeaveRequest* request, LeaveReply*) override {
    base::MutexLock lock(mutex_);
    left_.push_back(request->member().member_id());
    return grpc::Status::OK;
  }

  void ScriptJoin(absl::Status status) {
    base::MutexLock lock(mutex_);
    join_script_.push_back(std::move(status));
  }
  void ScriptBeat(absl::Status status) {
    base::MutexLock lock(mutex_);
    beat_script_.push_back(std::move(status));
  }
  void Finish() {
    base::MutexLock lock(mutex_);
    finished_ = true;
  }
  bool WaitForBeatOf(uint64_t member) {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(30), [&] {
      return std::find(beats_.begin(), beats_.end(), member) != beats_.end();
    });
  }
  bool WaitForBeats(size_t count) {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(30),
                              [&] { return beats_.size() >= count; });
  }
  std::vector<JoinRequest> joins() {
    base::MutexLock lock(mutex_);
    return joins_;
  }
  std::vector<uint64_t> left() {
    base::MutexLock lock(mutex_);
    return left_;
  }

 private:
  static absl::Status Take(std::deque<absl::Status>& script) {
    if (script.empty()) return absl::OkStatus();
    absl::Status status = script.front();
    script.pop_front();
    return status;
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<absl::Status> join_script_, beat_script_;
  std::vector<JoinRequest> joins_;
  std::vector<uint64_t> beats_, left_;
  bool finished_ = false;
};

class HeartbeatTest : public ::testing::Test {
 protected:
  HeartbeatTest() {
    host_.AddService(coordinator_);
    const auto port = host_.Start("127.0.0.1:0");
    EXPECT_TRUE(port.ok()) << port.status();
    options_ = {absl::StrCat("127.0.0.1:", *port), "rewarder-3", "secret", "127.0.0.1:77"};
  }

  std::unique_ptr<Heartbeat> Start() {
    return std::make_unique<Heartbeat>(options_, [this] {
      base::MutexLock lock(mutex_);
      ended_ = true;
      changed_.NotifyAll();
    });
  }
  bool WaitEnded() {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(30), [&] { return ended_; });
  }

  ScriptedCoordinator coordinator_;
  rpc::ServerHost host_;
  Heartbeat::Options options_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool ended_ = false;
};

TEST_F(HeartbeatTest, JoinsWithItsServiceAddress) {
  const auto heartbeat = Start();
  ASSERT_TRUE(coordinator_.WaitForBeatOf(1));
  const JoinRequest join = coordinator_.joins().front();
  EXPECT_EQ(join.role(), REWARDER);
  EXPECT_EQ(join.name(), "rewarder-3");
  EXPECT_EQ(join.run_token(), "secret");
  EXPECT_EQ(join.address(), "127.0.0.1:77");
  EXPECT_FALSE(join.build().empty());
  EXPECT_TRUE(absl::IsUnavailable(heartbeat->outcome()));
}

TEST_F(HeartbeatTest, JoinsAgainWhenItIsNotKnownAnyMore) {
  coordinator_.ScriptBeat(absl::FailedPreconditionError("join again"));
  const auto heartbeat = Start();
  ASSERT_TRUE(coordinator_.WaitForBeatOf(2));
  EXPECT_EQ(coordinator_.joins().size(), 2u);
}

TEST_F(HeartbeatTest, WaitsWhileTheCoordinatorIsAway) {
  coordinator_.ScriptJoin(absl::UnavailableError("starting"));
  coordinator_.ScriptBeat(absl::UnavailableError("restarting"));
  const auto heartbeat = Start();
  // The second join, since the first one was refused; it survives the failed heartbeat.
  ASSERT_TRUE(coordinator_.WaitForBeatOf(2));
  EXPECT_TRUE(absl::IsUnavailable(heartbeat->outcome()));
}

TEST_F(HeartbeatTest, EndsWhenTheRunIsComplete) {
  coordinator_.Finish();
  const auto heartbeat = Start();
  ASSERT_TRUE(WaitEnded());
  EXPECT_TRUE(heartbeat->outcome().ok());
}

TEST_F(HeartbeatTest, EndsWhenItIsRefusedForGood) {
  coordinator_.ScriptJoin(absl::PermissionDeniedError("another run token"));
  const auto heartbeat = Start();
  ASSERT_TRUE(WaitEnded());
  EXPECT_TRUE(absl::IsPermissionDenied(heartbeat->outcome()));
  EXPECT_THAT(std::string(heartbeat->outcome().message()),
              ::testing::HasSubstr("another run token"));
}

TEST_F(HeartbeatTest, StaysThroughACutConnection) {
  coordinator_.ScriptJoin(absl::ResourceExhaustedError("too many threads"));
  coordinator_.ScriptBeat(absl::CancelledError("the server stops"));
  coordinator_.ScriptBeat(absl::UnknownError("Stream removed"));
  coordinator_.ScriptBeat(absl::ResourceExhaustedError("too many threads"));
  const auto heartbeat = Start();
  ASSERT_TRUE(coordinator_.WaitForBeats(4));
  EXPECT_EQ(coordinator_.joins().size(), 2u) << "the first one was refused";
  EXPECT_TRUE(absl::IsUnavailable(heartbeat->outcome()));
}

TEST_F(HeartbeatTest, EndsWhenTheRunHasFailed) {
  coordinator_.ScriptBeat(absl::FailedPreconditionError("the run has failed: three bad updates"));
  const auto heartbeat = Start();
  ASSERT_TRUE(WaitEnded());
  EXPECT_THAT(std::string(heartbeat->outcome().message()),
              ::testing::HasSubstr("the run has failed: three bad updates"));
}

TEST_F(HeartbeatTest, EndsWhenAnotherProcessHasTakenItsName) {
  coordinator_.ScriptJoin(absl::OkStatus());
  coordinator_.ScriptJoin(absl::AlreadyExistsError("another process has taken the name"));
  coordinator_.ScriptBeat(absl::FailedPreconditionError("join again: member 1 is not known"));
  const auto heartbeat = Start();
  ASSERT_TRUE(WaitEnded());
  EXPECT_TRUE(absl::IsAlreadyExists(heartbeat->outcome()));
}

TEST_F(HeartbeatTest, LeavesWhenItIsStopped) {
  auto heartbeat = Start();
  ASSERT_TRUE(coordinator_.WaitForBeatOf(1));
  heartbeat.reset();
  EXPECT_THAT(coordinator_.left(), ::testing::ElementsAre(1));
}

}  // namespace
}  // namespace gyre::rewarder

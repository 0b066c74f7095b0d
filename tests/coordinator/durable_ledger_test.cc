// The ledger when its disk or its process stands still, or fails.
#include "coordinator/durable_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/coordinator/served_run.h"

namespace gyre::coordinator {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class DurableLedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    run_.BeginLearner();
    actor_ = run_.JoinActor();
  }
  MemberRef rank() { return run_.OfRank<NextStepRequest>().member(); }

  ServedRun run_;
  MemberRef actor_;
};

TEST_F(DurableLedgerTest, HeartbeatsDoNotWaitForTheDisk) {
  const Lease lease = run_.LeaseAll(actor_).front();
  run_.payloads.StandStill();
  grpc::Status submitted;
  base::WorkerThread submits("submit", [&](std::stop_token) {
    SubmitGroupReply reply;
    submitted =
        run_.Submit(ServedRun::HeaderOf(actor_, lease), ServedRun::SamplesOf(lease), &reply);
  });
  run_.payloads.AwaitWaiter();
  // Longer than any member may be silent.
  for (int second = 0; second < 40; ++second) {
    run_.clock.Advance(absl::Seconds(1));
    HeartbeatReply reply;
    ASSERT_TRUE(run_.Beat(actor_, &reply).ok());
    EXPECT_EQ(reply.policy().version(), 0);
    EXPECT_TRUE(reply.policy().root_digest() == PolicyNamed(0).root_digest);
    ASSERT_TRUE(run_.Beat(rank(), &reply).ok());
  }
  run_.payloads.GoOn();
  submits.Join();
  EXPECT_TRUE(submitted.ok()) << submitted.error_message();
  NextStepReply next;
  EXPECT_TRUE(run_.Call(&Coordinator::Stub::NextStep, run_.OfRank<NextStepRequest>(), &next).ok())
      << "the ranks' attempt goes on";
}

TEST_F(DurableLedgerTest, AHeartbeatTellsOnlyWhatIsDurable) {
  for (const Lease& lease : run_.LeaseAll(actor_)) {
    SubmitGroupReply reply;
    ASSERT_TRUE(
        run_.Submit(ServedRun::HeaderOf(actor_, lease), ServedRun::SamplesOf(lease), &reply).ok());
  }
  run_.payloads.StandStill();
  base::WorkerThread commits("commit", [&](std::stop_token) {
    auto commit = run_.OfRank<CommitStepRequest>();
    commit.set_version(1);
    *commit.mutable_manifest()->mutable_id() = ToProto(PolicyNamed(1));
    CommitStepReply reply;
    EXPECT_TRUE(run_.Call(&Coordinator::Stub::CommitStep, commit, &reply).ok());
  });
  run_.payloads.AwaitWaiter();
  HeartbeatReply reply;
  ASSERT_TRUE(run_.Beat(actor_, &reply).ok());
  EXPECT_EQ(reply.policy().version(), 0);
  run_.payloads.GoOn();
  commits.Join();
  ASSERT_TRUE(run_.Beat(actor_, &reply).ok());
  EXPECT_EQ(reply.policy().version(), 1);
}

TEST_F(DurableLedgerTest, ARunIsCompleteForThoseWhoAskOnceItsLastCommitIsDurable) {
  const auto commit = [&](int64_t version) {
    auto request = run_.OfRank<CommitStepRequest>();
    request.set_version(version);
    request.set_step(static_cast<uint32_t>(version - 1));
    *request.mutable_manifest()->mutable_id() = ToProto(PolicyNamed(version));
    if (version == 3) request.set_checkpoint("checkpoints/step-3");
    CommitStepReply reply;
    return run_.Call(&Coordinator::Stub::CommitStep, request, &reply);
  };
  const auto is_finished = [&] {
    GetStatusReply status;
    EXPECT_TRUE(run_.Call(&Coordinator::Stub::GetStatus, GetStatusRequest(), &status).ok());
    return status.finished();
  };
  for (int64_t version = 1; version <= 3; ++version) {
    for (const Lease& lease : run_.LeaseAll(actor_)) {
      SubmitGroupReply reply;
      const auto header = ServedRun::HeaderOf(actor_, lease);
      ASSERT_TRUE(run_.Submit(header, ServedRun::SamplesOf(lease), &reply).ok());
    }
    if (version < 3) {
      ASSERT_TRUE(commit(version).ok());
    }
  }
  run_.payloads.StandStill();
  base::WorkerThread commits("commit", [&](std::stop_token) { EXPECT_TRUE(commit(3).ok()); });
  run_.payloads.AwaitWaiter();
  EXPECT_TRUE(run_.ledger().Look([](const Ledger& now, absl::Time) { return now.finished(); }));
  EXPECT_FALSE(is_finished());
  run_.payloads.GoOn();
  commits.Join();
  EXPECT_TRUE(is_finished());
  EXPECT_THAT(*base::ReadFile(run_.SummaryPath()), HasSubstr("\"status\": \"finished\""));
}

TEST_F(DurableLedgerTest, TimeInWhichTheProcessStoodStillCountsAgainstNobody) {
  ASSERT_THAT(run_.LeaseAll(actor_), SizeIs(2));
  run_.clock.Advance(absl::Hours(1));
  HeartbeatReply reply;
  EXPECT_TRUE(run_.Beat(actor_, &reply).ok());
  EXPECT_TRUE(run_.Beat(rank(), &reply).ok());
  EXPECT_EQ(
      run_.ledger().Look([](const Ledger& ledger, absl::Time) { return ledger.leases().size(); }),
      2u);
}

TEST_F(DurableLedgerTest, AMemberThatIsSilentWhileOthersBeatIsLost) {
  const MemberRef other = run_.JoinActor("actor-1");
  for (int second = 0; second < 12; ++second) {
    run_.clock.Advance(absl::Seconds(1));
    HeartbeatReply reply;
    ASSERT_TRUE(run_.Beat(other, &reply).ok());
  }
  HeartbeatReply reply;
  const grpc::Status lost = run_.Beat(actor_, &reply);
  EXPECT_EQ(lost.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(lost.error_message(), HasSubstr("join again"));
}

TEST_F(DurableLedgerTest, AfterAFaultOfTheDiskNothingIsAnsweredAnyMore) {
  const Lease lease = run_.LeaseAll(actor_).front();
  run_.payloads.Fail();
  SubmitGroupReply submitted;
  EXPECT_EQ(run_.Submit(ServedRun::HeaderOf(actor_, lease), ServedRun::SamplesOf(lease), &submitted)
                .error_code(),
            grpc::StatusCode::UNAVAILABLE);
  HeartbeatReply reply;
  EXPECT_EQ(run_.Beat(actor_, &reply).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(run_.ledger().broken().message(), HasSubstr("no space left"));
  EXPECT_THAT(run_.ledger().Close("stopped").message(), HasSubstr("no space left"));
}

TEST_F(DurableLedgerTest, CloseLeavesTheFinalSummary) {
  ASSERT_EQ(run_.ledger().Close("stopped"), absl::OkStatus());
  EXPECT_THAT(*base::ReadFile(run_.SummaryPath()), HasSubstr("\"status\": \"stopped\""));
  HeartbeatReply reply;
  EXPECT_EQ(run_.Beat(actor_, &reply).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(DurableLedgerTest, CloseAfterAFailureSaysSo) {
  ASSERT_EQ(run_.ledger().Do([](Ledger& ledger, absl::Time) {
    ledger.Fail("why");
    return absl::OkStatus();
  }),
            absl::OkStatus());
  ASSERT_EQ(run_.ledger().Close("stopped"), absl::OkStatus());
  EXPECT_THAT(*base::ReadFile(run_.SummaryPath()), HasSubstr("\"status\": \"failed\""));
}

}  // namespace
}  // namespace gyre::coordinator

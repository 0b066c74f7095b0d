// What callers of the coordinator are answered, code by code.
#include "coordinator/coordinator_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/coordinator/served_run.h"

namespace gyre::coordinator {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class CoordinatorServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    run_.BeginLearner();
    actor_ = run_.JoinActor();
  }
  grpc::Status TryJoin(const JoinRequest& request) {
    JoinReply reply;
    return run_.Call(&Coordinator::Stub::Join, request, &reply);
  }
  grpc::Status TrySubmit(const SubmitGroupRequest::Header& header,
                         const std::vector<Sample>& samples) {
    SubmitGroupReply reply;
    return run_.Submit(header, samples, &reply);
  }

  ServedRun run_;
  MemberRef actor_;
};

TEST_F(CoordinatorServiceTest, RefusesAnotherRunToken) {
  JoinRequest join = ServedRun::JoinOf(ACTOR, "actor-1");
  join.set_run_token("guessed");
  EXPECT_EQ(TryJoin(join).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(CoordinatorServiceTest, RefusesAnotherBuildAndNamesBoth) {
  JoinRequest join = ServedRun::JoinOf(ACTOR, "actor-1");
  join.set_build("build-2");
  const grpc::Status refused = TryJoin(join);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("build-1"));
  EXPECT_THAT(refused.error_message(), HasSubstr("build-2"));
}

TEST_F(CoordinatorServiceTest, RefusesAnotherSpecAndNamesBothDigests) {
  JoinRequest join = ServedRun::JoinOf(ACTOR, "actor-1");
  join.set_spec_digest(std::string(32, 't'));
  const grpc::Status refused = TryJoin(join);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("7373"));
  EXPECT_THAT(refused.error_message(), HasSubstr("7474"));
}

TEST_F(CoordinatorServiceTest, RefusesAProcessWhoseNameAnotherHasTaken) {
  JoinRequest newer = ServedRun::JoinOf(ACTOR, "actor-0");
  newer.set_instance("newer");
  run_.Join(newer);
  const grpc::Status refused = TryJoin(ServedRun::JoinOf(ACTOR, "actor-0"));
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(refused.error_message(), HasSubstr("give each process a --name of its own"));
}

TEST_F(CoordinatorServiceTest, AGroupGoesFromItsLeaseToTheLearner) {
  std::vector<Lease> leases = run_.LeaseAll(actor_);
  ASSERT_THAT(leases, SizeIs(2));
  for (const Lease& lease : leases) {
    EXPECT_THAT(lease.problem().id(), StartsWith("q"));
    const auto header = ServedRun::HeaderOf(actor_, lease);
    SubmitGroupReply reply;
    ASSERT_TRUE(run_.Submit(header, ServedRun::SamplesOf(lease), &reply).ok());
    EXPECT_FALSE(reply.duplicate());
    ASSERT_TRUE(run_.Submit(header, ServedRun::SamplesOf(lease), &reply).ok());
    EXPECT_TRUE(reply.duplicate());
  }
  NextStepReply next;
  ASSERT_TRUE(run_.Call(&Coordinator::Stub::NextStep, run_.OfRank<NextStepRequest>(), &next).ok());
  ASSERT_EQ(next.rl().groups_size(), 2);
  auto read = run_.OfRank<ReadShareRequest>();
  for (const StepGroup& group : next.rl().groups()) *read.add_groups() = group.id();
  grpc::ClientContext context;
  const auto reader = run_.stub().ReadShare(&context, read);
  TrainGroup group;
  ASSERT_TRUE(reader->Read(&group));
  EXPECT_EQ(group.samples_size(), 2);
  EXPECT_EQ(group.totals().scored_samples(), 2u);
  ASSERT_TRUE(reader->Read(&group));
  EXPECT_FALSE(reader->Read(&group));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(CoordinatorServiceTest, AGroupWithoutSamplesIsRefusedAndNothingElseHappens) {
  const Lease lease = run_.LeaseAll(actor_).front();
  for (const Purpose purpose : {TRAIN, EVAL}) {
    SubmitGroupRequest::Header header = ServedRun::HeaderOf(actor_, lease);
    header.mutable_group()->set_purpose(purpose);
    header.mutable_sampling()->set_samples(0);
    EXPECT_EQ(TrySubmit(header, {}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_EQ(TrySubmit(ServedRun::HeaderOf(actor_, lease), {}).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(TrySubmit(ServedRun::HeaderOf(actor_, lease), ServedRun::SamplesOf(lease)).ok());
}

TEST_F(CoordinatorServiceTest, WhatNobodyAwaitsIsAnsweredBeforeItsSamplesCome) {
  const Lease lease = run_.LeaseAll(actor_).front();
  SubmitGroupRequest::Header header = ServedRun::HeaderOf(actor_, lease);
  header.set_lease_id(lease.lease_id() + 1);
  SubmitGroupReply reply;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
  // The stream stays open.
  const auto writer = run_.stub().SubmitGroup(&context, &reply);
  SubmitGroupRequest part;
  *part.mutable_header() = header;
  ASSERT_TRUE(writer->Write(part));
  const grpc::Status refused = writer->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), StartsWith("lease lost"));
}

TEST_F(CoordinatorServiceTest, AGroupIsRefusedThatIsNotAsItsLeaseSays) {
  const Lease lease = run_.LeaseAll(actor_).front();
  const std::vector<Sample> samples = ServedRun::SamplesOf(lease);
  const auto code_of = [&](const std::function<void(SubmitGroupRequest::Header&)>& change) {
    SubmitGroupRequest::Header header = ServedRun::HeaderOf(actor_, lease);
    change(header);
    return TrySubmit(header, samples).error_code();
  };
  EXPECT_EQ(code_of([](auto& header) { header.mutable_sampling()->set_temperature(0.5); }),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code_of([](auto& header) { header.mutable_group()->set_slot(1'000'000); }),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code_of([](auto& header) { header.set_probe_difference(NAN); }),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code_of([](auto& header) { header.mutable_member()->set_member_id(99); }),
            grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(code_of([](auto& header) { header.mutable_group()->set_slot(1); }),
            grpc::StatusCode::FAILED_PRECONDITION);
  std::vector<Sample> too_many = samples;
  too_many.push_back(samples[0]);
  EXPECT_EQ(TrySubmit(ServedRun::HeaderOf(actor_, lease), too_many).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CoordinatorServiceTest, AStreamWithoutAHeaderIsRefused) {
  SubmitGroupReply reply;
  grpc::ClientContext context;
  const auto writer = run_.stub().SubmitGroup(&context, &reply);
  SubmitGroupRequest part;
  part.mutable_sample();
  writer->Write(part);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CoordinatorServiceTest, AFailedRunIsToldAtTheNextHeartbeat) {
  LeaveRequest leave;
  *leave.mutable_member() = run_.OfRank<NextStepRequest>().member();
  leave.set_failure("the third update in a row is not finite");
  LeaveReply left;
  ASSERT_TRUE(run_.Call(&Coordinator::Stub::Leave, leave, &left).ok());
  HeartbeatReply reply;
  const grpc::Status told = run_.Beat(actor_, &reply);
  EXPECT_EQ(told.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(told.error_message(),
            "the run has failed: learner-0: the third update in a row is not finite");
}

TEST_F(CoordinatorServiceTest, AGroupThatNoActorCanMakeStopsTheRun) {
  for (int i = 0; i < 3; ++i) {
    ReturnLeasesRequest request;
    *request.mutable_member() = actor_;
    for (const Lease& lease : run_.LeaseAll(actor_)) request.add_lease_ids(lease.lease_id());
    request.set_cannot_be_made(true);
    request.set_reason("its prompt does not fit");
    ReturnLeasesReply reply;
    ASSERT_TRUE(run_.Call(&Coordinator::Stub::ReturnLeases, request, &reply).ok());
  }
  GetStatusReply status;
  ASSERT_TRUE(run_.Call(&Coordinator::Stub::GetStatus, GetStatusRequest(), &status).ok());
  EXPECT_THAT(status.failure(), HasSubstr("its prompt does not fit"));
}

TEST(CoordinatorPolls, APollForLeasesThatFindsNoRoomIsToldWhenToAskAgain) {
  ServedRun run(/*max_lease_polls=*/0);
  run.BeginLearner();
  const MemberRef actor = run.JoinActor();
  const std::vector<Lease> leases = run.LeaseAll(actor);
  ASSERT_THAT(leases, SizeIs(2)) << "what is there is leased all the same";
  LeaseGroupsRequest request = SmallRun::LeaseOf(actor);
  request.set_wait_seconds(10);
  LeaseGroupsReply reply;
  ASSERT_TRUE(run.Call(&Coordinator::Stub::LeaseGroups, request, &reply).ok());
  EXPECT_EQ(reply.leases_size(), 0);
  EXPECT_GE(reply.ask_again_seconds(), 1);
}

TEST(CoordinatorPolls, RanksHaveRoomHoweverManyActorsPoll) {
  ServedRun run(/*max_lease_polls=*/0);
  run.BeginLearner();
  const MemberRef actor = run.JoinActor();
  const std::vector<Lease> leases = run.LeaseAll(actor);
  ASSERT_THAT(leases, SizeIs(2));
  NextStepReply next;
  base::WorkerThread rank("rank", [&](std::stop_token) {
    auto request = run.OfRank<NextStepRequest>();
    request.set_wait_seconds(10);
    EXPECT_TRUE(run.Call(&Coordinator::Stub::NextStep, request, &next).ok());
  });
  for (const Lease& lease : leases) {
    SubmitGroupReply reply;
    ASSERT_TRUE(
        run.Submit(ServedRun::HeaderOf(actor, lease), ServedRun::SamplesOf(lease), &reply).ok());
  }
  rank.Join();
  EXPECT_EQ(next.rl().groups_size(), 2) << "the poll waited for the step";
}

}  // namespace
}  // namespace gyre::coordinator

#pragma once

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "coordinator/coordinator_service.h"
#include "coordinator/exports.h"
#include "rpc/channel.h"
#include "rpc/server_host.h"
#include "tests/base/temporary_folder.h"
#include "tests/coordinator/small_run.h"

namespace gyre::coordinator {

// A disk for payloads that can stand still or fail. What waits for it, waits in Sync.
class UnsteadyGroupStore final : public GroupStore {
 public:
  void StandStill() { Set(true, absl::OkStatus()); }
  void GoOn() { Set(false, absl::OkStatus()); }
  void Fail() { Set(false, absl::ResourceExhaustedError("no space left on the disk")); }
  // Until somebody waits for the disk.
  void AwaitWaiter() {
    base::MutexLock lock(mutex_);
    ASSERT_TRUE(changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(60), [&] {
      mutex_.AssertHeld();
      return waiters_ > 0;
    }));
  }

  absl::StatusOr<PayloadPlace> Append(uint32_t stage, uint32_t step,
                                      std::string_view payload) override {
    return memory_.Append(stage, step, payload);
  }
  absl::Status Sync() override {
    base::MutexLock lock(mutex_);
    ++waiters_;
    changed_.NotifyAll();
    changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(120), [&] {
      mutex_.AssertHeld();
      return !stands_still_;
    });
    --waiters_;
    return fault_;
  }
  absl::StatusOr<std::string> Read(const PayloadPlace& place) const override {
    return memory_.Read(place);
  }
  absl::Status Remove(uint32_t stage, uint32_t step) override {
    return memory_.Remove(stage, step);
  }

 private:
  void Set(bool stands_still, absl::Status fault) {
    base::MutexLock lock(mutex_);
    stands_still_ = stands_still;
    fault_ = std::move(fault);
    changed_.NotifyAll();
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  bool stands_still_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);
  int waiters_ ABSL_GUARDED_BY(mutex_) = 0;
  MemoryGroupStore memory_;
};

class NumberedProblems final : public data::ProblemSource {
 public:
  uint64_t size() const override { return 5; }
  Problem Get(uint64_t index, uint64_t) const override {
    Problem problem;
    problem.set_id(absl::StrCat("q", index));
    problem.set_prompt("what?");
    return problem;
  }
};

// The coordinator's service behind a gRPC server in this process, on a run in memory with a clock
// that the test moves. One learner rank and actors are played by calls.
class ServedRun {
 public:
  explicit ServedRun(int max_lease_polls = 100) : spec_(SmallSpec()) {
    sources_.push_back({.train = std::make_unique<NumberedProblems>(), .eval = nullptr});
    plan_ = *MakeRunPlan(spec_, SizesOf(sources_), 1);
    const LedgerContents nothing;
    exports_ = *Exports::Open(folder_.path(), plan_, nothing, *rows_);
    ledger_ = std::make_unique<DurableLedger>(
        std::make_unique<Ledger>(plan_, nothing, clock.Now()),
        DurableLedger::Stores{*rows_, payloads, *exports_, folder_.path()}, clock,
        [](const Ledger&) {});
    service_ = std::make_unique<CoordinatorService>(
        CoordinatorService::Options{.spec = spec_,
                                    .spec_text = "the spec",
                                    .spec_digest = std::string(32, 's'),
                                    .build = "build-1",
                                    .run_token = "token",
                                    .run_dir = folder_.path(),
                                    .max_lease_polls = max_lease_polls},
        sources_, plan_, *ledger_, payloads);
    server_.AddService(*service_);
    const absl::StatusOr<int> port = server_.Start("127.0.0.1:0");
    EXPECT_EQ(port.status(), absl::OkStatus());
    stub_ = Coordinator::NewStub(rpc::CreateChannel(absl::StrCat("127.0.0.1:", *port)));
  }
  ~ServedRun() { payloads.GoOn(); }

  base::SimulatedClock clock;
  UnsteadyGroupStore payloads;

  DurableLedger& ledger() { return *ledger_; }
  Coordinator::Stub& stub() { return *stub_; }
  std::string SummaryPath() const { return folder_ / "summary.json"; }

  // stub()->METHOD with a deadline that no healthy call comes near.
  template <typename Request, typename Reply>
  grpc::Status Call(grpc::Status (Coordinator::Stub::*method)(grpc::ClientContext*, const Request&,
                                                              Reply*),
                    const Request& request, Reply* reply) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    return (stub_.get()->*method)(&context, request, reply);
  }

  static JoinRequest JoinOf(Role role, const std::string& name) {
    JoinRequest request = SmallRun::JoinOf(role, name, absl::StrCat("the first ", name));
    request.set_build("build-1");
    request.set_run_token("token");
    return request;
  }
  JoinReply Join(const JoinRequest& request) {
    JoinReply reply;
    const grpc::Status status = Call(&Coordinator::Stub::Join, request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply;
  }
  MemberRef JoinActor(const std::string& name = "actor-0") {
    return Join(JoinOf(ACTOR, name)).member();
  }
  void BeginLearner() {
    const JoinReply joined = Join(JoinOf(LEARNER, "learner-0"));
    rank_ = joined.member();
    attempt_ = joined.rank().attempt();
    auto rendezvous = OfRank<RendezvousRequest>();
    rendezvous.set_store_address("here");
    RendezvousReply ready;
    ASSERT_TRUE(Call(&Coordinator::Stub::Rendezvous, rendezvous, &ready).ok());
    auto publish = OfRank<PublishPolicyRequest>();
    *publish.mutable_manifest()->mutable_id() = ToProto(PolicyNamed(0));
    PublishPolicyReply published;
    ASSERT_TRUE(Call(&Coordinator::Stub::PublishPolicy, publish, &published).ok());
  }
  template <typename Request>
  Request OfRank() const {
    Request request;
    *request.mutable_member() = rank_;
    request.set_attempt(attempt_);
    return request;
  }
  grpc::Status Beat(const MemberRef& member, HeartbeatReply* reply) {
    HeartbeatRequest request;
    *request.mutable_member() = member;
    return Call(&Coordinator::Stub::Heartbeat, request, reply);
  }
  std::vector<Lease> LeaseAll(const MemberRef& actor) {
    LeaseGroupsReply reply;
    const grpc::Status status =
        Call(&Coordinator::Stub::LeaseGroups, SmallRun::LeaseOf(actor), &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {reply.leases().begin(), reply.leases().end()};
  }

  static SubmitGroupRequest::Header HeaderOf(const MemberRef& actor, const Lease& lease) {
    SubmitGroupRequest::Header header;
    *header.mutable_member() = actor;
    header.set_lease_id(lease.lease_id());
    *header.mutable_group() = lease.group();
    *header.mutable_sampling() = lease.sampling();
    header.add_prompt_token_ids(1);
    return header;
  }
  static std::vector<Sample> SamplesOf(const Lease& lease) {
    const PolicyKey policy = KeyOf(lease.policy());
    return {MakeSample(0, 3, 1, policy), MakeSample(1, 5, 0, policy)};
  }
  grpc::Status Submit(const SubmitGroupRequest::Header& header, const std::vector<Sample>& samples,
                      SubmitGroupReply* reply) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    const auto writer = stub_->SubmitGroup(&context, reply);
    SubmitGroupRequest part;
    *part.mutable_header() = header;
    writer->Write(part);
    for (const Sample& sample : samples) {
      *part.mutable_sample() = sample;
      if (!writer->Write(part)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

 private:
  base::TemporaryFolder folder_;
  const RunSpec spec_;
  std::vector<ProblemSources> sources_;
  RunPlan plan_;
  std::unique_ptr<LedgerStore> rows_ = LedgerStore::OpenInMemory();
  std::unique_ptr<Exports> exports_;
  std::unique_ptr<DurableLedger> ledger_;
  std::unique_ptr<CoordinatorService> service_;
  rpc::ServerHost server_;
  std::unique_ptr<Coordinator::Stub> stub_;
  MemberRef rank_;
  uint32_t attempt_ = 0;
};

}  // namespace gyre::coordinator

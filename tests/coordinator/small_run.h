#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/ledger.h"
#include "coordinator/ledger_store.h"
#include "tests/coordinator/groups.h"

namespace gyre::coordinator {

// One RL stage "zero" of three steps of two groups of two samples, at lag 0.
inline RunSpec SmallSpec() {
  RunSpec spec;
  spec.set_name("small");
  StageSpec& stage = *spec.add_stage();
  stage.set_name("zero");
  RlSpec& rl = *stage.mutable_rl();
  rl.set_problems("train");
  rl.set_prompts_per_step(2);
  rl.set_samples_per_prompt(2);
  rl.set_max_response_tokens(16);
  rl.add_reward()->set_component("accuracy");
  rl.set_steps(3);
  rl.set_max_attempts(2);
  spec.mutable_samples()->set_per_step(1);
  return spec;
}

// A ledger with its database, one learner rank that has published what it must, and a clock that
// the test moves.
class SmallRun {
 public:
  explicit SmallRun(const RunSpec& spec = SmallSpec()) {
    std::vector<StageSources> sources(spec.stage_size());
    for (int i = 0; i < spec.stage_size(); ++i) {
      if (spec.stage(i).has_rl()) sources[i].train_problems = 5;
      if (spec.stage(i).has_eval()) sources[i].eval_problems = 2;
    }
    absl::StatusOr<RunPlan> plan = MakeRunPlan(spec, sources, 1);
    EXPECT_EQ(plan.status(), absl::OkStatus());
    plan_ = *std::move(plan);
    Restart();
  }

  Ledger& operator*() { return *ledger_; }
  Ledger* operator->() { return ledger_.get(); }
  const RunPlan& plan() const { return plan_; }
  absl::Time now = absl::FromUnixSeconds(1000);

  // As a kill of the coordinator would.
  void Restart() {
    if (ledger_ != nullptr) Flush();
    absl::StatusOr<LedgerContents> contents = store_->Load();
    EXPECT_EQ(contents.status(), absl::OkStatus());
    ledger_ = std::make_unique<Ledger>(plan_, *contents, now);
    Flush();
  }
  void Flush() { EXPECT_EQ(store_->Write(ledger_->TakeEffects().rows), absl::OkStatus()); }

  static JoinRequest JoinOf(Role role, const std::string& name, const std::string& instance = "") {
    JoinRequest request;
    request.set_role(role);
    request.set_name(name);
    request.set_instance(instance);
    return request;
  }
  MemberRef Join(const JoinRequest& request) {
    const absl::StatusOr<JoinReply> reply = ledger_->Join(request, now);
    EXPECT_EQ(reply.status(), absl::OkStatus());
    return reply.ok() ? reply->member() : MemberRef();
  }
  MemberRef JoinActor(const std::string& name = "actor-0") { return Join(JoinOf(ACTOR, name)); }

  // The learner's rank joins, is alone in its rendezvous, and publishes the present policy.
  void BeginLearner() {
    const absl::StatusOr<JoinReply> reply = ledger_->Join(JoinOf(LEARNER, "learner-0"), now);
    ASSERT_EQ(reply.status(), absl::OkStatus());
    rank_ = reply->member();
    attempt_ = reply->rank().attempt();
    RendezvousRequest rendezvous = OfRank<RendezvousRequest>();
    rendezvous.set_store_address("here");
    ASSERT_TRUE(ledger_->Rendezvous(rendezvous, now)->ready());
    PublishPolicyRequest publish = OfRank<PublishPolicyRequest>();
    *publish.mutable_manifest()->mutable_id() = ToProto(PolicyNamed(ledger_->version()));
    ASSERT_EQ(ledger_->PublishPolicy(publish, now), absl::OkStatus());
  }
  template <typename Request>
  Request OfRank() const {
    Request request;
    *request.mutable_member() = rank_;
    request.set_attempt(attempt_);
    return request;
  }

  static LeaseGroupsRequest LeaseOf(const MemberRef& actor, uint32_t free_sequences = 100) {
    LeaseGroupsRequest request;
    *request.mutable_member() = actor;
    request.set_free_sequences(free_sequences);
    return request;
  }
  std::vector<LeaseGrant> Lease(const MemberRef& actor, uint32_t free_sequences = 100) {
    absl::StatusOr<LeaseGrants> grants = ledger_->LeaseGroups(LeaseOf(actor, free_sequences), now);
    EXPECT_EQ(grants.status(), absl::OkStatus());
    return grants.ok() ? grants->grants : std::vector<LeaseGrant>();
  }

  // What an honest actor hands in. Scored samples have different totals.
  static Submission SubmissionOf(const MemberRef& actor, const LeaseGrant& grant,
                                 uint32_t scored_samples = 2) {
    GroupNumbers numbers;
    numbers.set_samples(grant.sampling.samples());
    numbers.set_scored_samples(scored_samples);
    numbers.set_policy_tokens(10);
    numbers.set_train_tokens(10);
    const uint32_t errors = grant.sampling.samples() - scored_samples;
    if (errors > 0) (*numbers.mutable_errors())["accuracy/TIMEOUT"] = errors;
    return {.member = actor,
            .lease_id = grant.lease_id,
            .group = grant.group,
            .sampling = grant.sampling,
            .policies = {grant.policy},
            .numbers = numbers};
  }
  absl::StatusOr<Admission> HandIn(const Submission& submission) {
    absl::StatusOr<Admission> admission = ledger_->Admit(submission, now);
    if (admission.ok() && *admission != Admission::kDuplicate) {
      ledger_->Accept(submission, {}, "", now);
    }
    return admission;
  }

  CommitStepRequest CommitOf(uint32_t step) {
    CommitStepRequest commit = OfRank<CommitStepRequest>();
    commit.set_version(step + 1);
    commit.set_step(step);
    *commit.mutable_manifest()->mutable_id() = ToProto(PolicyNamed(step + 1));
    return commit;
  }

 private:
  RunPlan plan_;
  std::unique_ptr<LedgerStore> store_ = LedgerStore::OpenInMemory();
  std::unique_ptr<Ledger> ledger_;
  MemberRef rank_;
  uint32_t attempt_ = 0;
};

}  // namespace gyre::coordinator

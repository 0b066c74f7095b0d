// An actor between a fake coordinator, a fake policy server and fake rewarders, in one process.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "actor/actor.h"
#include "base/worker_thread.h"
#include "gtest/gtest.h"
#include "tests/actor/fake_coordinator.h"
#include "tests/actor/fake_policy_server.h"
#include "tests/actor/fake_rewarder.h"

namespace gyre::actor {

inline constexpr char kStages[] = R"(
name: "test" seed: 5
stage { name: "base" sft {} }
stage { name: "zero" rl { template: PLAIN } }
)";

class ActorStage : public testing::Test {
 protected:
  ActorStage() {
    policies_.Publish(1);
    policies_.Publish(2);
    coordinator_.Change([&](auto& state) {
      state.spec = absl::StrCat("limits { score_seconds: 10 } ", kStages);
      state.rewarders = {rewarder_.address()};
      for (const int64_t version : {1, 2}) {
        state.manifests[version] = policies_.Manifest(version);
      }
    });
  }
  ~ActorStage() override { Stop().IgnoreError(); }

  Actor::Options MakeOptions(int32_t max_sequences = 32,
                             int64_t kv_memory_bytes = int64_t{16} << 20) {
    return {.coordinator = {.coordinator = coordinator_.address(),
                            .name = "actor-0",
                            .build = "test",
                            .run_token = "token"},
            .engine = {.max_sequences = max_sequences, .kv_memory_bytes = kv_memory_bytes},
            .score_delay = absl::Milliseconds(1)};
  }
  void Start(int32_t max_sequences = 32, int64_t kv_memory_bytes = int64_t{16} << 20) {
    actor_ = std::make_unique<Actor>(MakeOptions(max_sequences, kv_memory_bytes));
    thread_ = std::make_unique<base::WorkerThread>(
        "actor", [this](std::stop_token stop) { end_ = actor_->Run(stop); });
  }

  // Returns how Run ended. A stop is requested first.
  absl::Status Stop() {
    if (thread_ != nullptr) thread_->RequestStop();
    return Join();
  }
  absl::Status Join() {
    if (thread_ != nullptr) thread_->Join();
    thread_.reset();
    return end_;
  }

  Lease MakeLease(uint64_t id, int64_t version = 1, Purpose purpose = TRAIN, uint32_t samples = 4) {
    Lease lease;
    lease.set_lease_id(id);
    lease.mutable_group()->set_stage(1);
    lease.mutable_group()->set_purpose(purpose);
    lease.mutable_group()->set_slot(id);
    lease.mutable_problem()->set_id("problem-" + std::to_string(id));
    lease.mutable_problem()->set_kind("countdown");
    lease.mutable_problem()->set_prompt("<bos>5 7 6=37:");
    lease.mutable_sampling()->set_samples(samples);
    lease.mutable_sampling()->set_max_response_tokens(60);
    lease.mutable_sampling()->set_temperature(1);
    *lease.mutable_policy() = policies_.Manifest(version).id();
    lease.add_components("accuracy");
    lease.add_components("format");
    lease.set_seconds(10);
    return lease;
  }

  void Offer(const Lease& lease) {
    coordinator_.Change([&](auto& state) { state.open.push_back(lease); });
  }

  bool WaitForSubmissions(size_t count) {
    return coordinator_.WaitFor(
        [&](const auto& state) { return state.submissions.size() >= count; });
  }
  bool WaitForReturn(uint64_t lease) {
    return coordinator_.WaitFor([&](const auto& state) { return state.returned.count(lease) > 0; });
  }
  // Until all samples of one group are made and wait for the rewarder, which is closed.
  bool WaitUntilMade(uint64_t lease) {
    return coordinator_.WaitFor([&](const auto& state) {
      for (const auto& progress : state.last_heartbeat.leases()) {
        if (progress.lease_id() == lease && progress.waiting_for_rewarder() &&
            state.last_heartbeat.sequences_running() == 0) {
          return true;
        }
      }
      return false;
    });
  }

  Submission Of(uint64_t lease) {
    for (const Submission& submission : coordinator_.Look().submissions) {
      if (submission.header.lease_id() == lease) return submission;
    }
    ADD_FAILURE() << "lease " << lease << " was not handed in";
    return {};
  }

  FakeCoordinator coordinator_;
  FakePolicyServer policies_;
  FakeRewarder rewarder_;
  std::unique_ptr<Actor> actor_;
  std::unique_ptr<base::WorkerThread> thread_;
  absl::Status end_;
};

inline std::vector<std::vector<int32_t>> TokensOf(const Submission& submission) {
  std::vector<std::vector<int32_t>> tokens;
  for (const Sample& sample : submission.samples) {
    tokens.emplace_back();
    for (const Span& span : sample.spans()) {
      tokens.back().insert(tokens.back().end(), span.token_ids().begin(), span.token_ids().end());
    }
  }
  return tokens;
}

}  // namespace gyre::actor

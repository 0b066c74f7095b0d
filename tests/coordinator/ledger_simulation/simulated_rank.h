#pragma once

#include <optional>
#include <string>

#include "tests/coordinator/ledger_simulation/world.h"

namespace gyre::coordinator::simulation {

// A learner rank. Its weights are a hash of all that it was trained on. It waits for the other
// ranks of its attempt before each step, as collectives do.
class SimulatedRank final : public Process {
 public:
  SimulatedRank(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  void Start() override;
  std::string name() const override { return name_; }
  int64_t version() const { return version_; }
  const std::string& weights() const { return weights_; }

 private:
  void Join();
  void HeartbeatSoon();
  void Rendezvous();
  void Begin(const StartPoint& start);
  void AskNext();
  void AskSoon();
  void BeginStage(const NextStepReply& reply);
  void Publish();
  void Read(const NextStepReply& reply);
  void Reduce(const NextStepReply& reply, const std::string& contents, absl::Time give_up);
  void Finish(const NextStepReply& reply, const std::string& contents);
  void Commit(const CommitStepRequest& request);
  void SaveOutsideOfACommit();
  // What an error of a call means: true if the call is to be repeated.
  bool Retry(const absl::Status& status);
  void Exit(const std::string& why);
  PolicyManifest Manifest() const;
  template <typename Request>
  Request NewRequest() const {
    Request request;
    *request.mutable_member() = member_;
    request.set_attempt(attempt_);
    return request;
  }
  std::weak_ptr<Process> self() { return weak_from_this(); }

  World& world_;
  const std::string name_;
  MemberRef member_;
  bool joining_ = false;
  uint32_t rank_ = 0;
  uint32_t attempt_ = 0;
  int64_t version_ = -1;
  std::string weights_;
  int begun_stage_ = -1;
};

}  // namespace gyre::coordinator::simulation

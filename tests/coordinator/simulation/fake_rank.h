#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/coordinator/simulation/collectives.h"
#include "tests/coordinator/simulation/fake_member.h"
#include "tests/coordinator/simulation/fake_weights.h"
#include "tests/coordinator/simulation/run_folder.h"

namespace gyre::coordinator::simulation {

// A rank of the learner: forms an attempt with the others, begins from the ledger's checkpoint,
// trains and, as rank 0, publishes, saves and commits. It does what the real one does
// (learner/training_loop.cc) to FakeWeights, and whatever the coordinator tells it that does not
// fit its state is a violation.
class FakeRank final : public FakeMember {
 public:
  FakeRank(World& world, Network& network, RunFolder& folder, Collectives& collectives, int index);

  // SIGTERM: at the next wait rank 0 saves a checkpoint and leaves; another process starts after
  // `down`.
  void Stop(absl::Duration down);

 private:
  void OnJoined(const JoinReply& reply) override;
  bool FillHeld(JoinRequest& request) override;
  void OnJoinedAgain(const JoinReply& reply) override;
  void OnGone() override;

  void SendHeartbeat();
  void Rendezvous();
  void Begin(const StartPoint& start);
  void AskNext();
  void Heed(const NextStepReply& next);
  void EnterStage(const NextStepReply& next);
  void CheckStep(const NextStepReply& next);
  void Publish();
  void TrainStep(const NextStepReply& next);
  void Compute(const NextStepReply& next, uint64_t share_gradient);
  void Complete(const NextStepReply& done, uint64_t gradient);
  void Save();
  void Commit(const NextStepReply& done);
  void SaveBeforeStop();
  void Finish();
  // lies_of_rank.cc: calls that no honest rank makes now; all are refused.
  void Lie();
  template <typename Reply, typename Message>
  void TellLie(const char* name, Message request,
               void (CoordinatorHost::*call)(const Message&, Answer<Reply>));
  template <typename Reply, typename Message>
  void TellLie(const char* name, Message request,
               void (CoordinatorHost::*call)(const Message&, CoordinatorHost::Cancelled,
                                             Answer<Reply>));
  // Another process says that it holds a rank, which it cannot hold so.
  void JoinAsStranger(const char* lie, uint32_t attempt, int64_t version);

  // Handles the error of a call, if it is one: the attempt is over, and this process with it; any
  // other error is a violation. True if there was one.
  bool Failed(const absl::Status& status, const std::string& call);
  // The policy of the present weights as a manifest, which this process serves from now on.
  PolicyManifest MakeManifest();
  void Sum(const std::string& call, const std::string& agreed, uint64_t summand,
           std::function<void(uint64_t)> then);
  std::string CheckpointFolder() const { return absl::StrCat("checkpoints/step-", version_); }

  RunFolder& folder_;
  Collectives& collectives_;
  RankAssignment assignment_;
  bool formed_ = false;  // the ranks have come together
  bool holds_ = false;   // its weights can go on
  bool stopping_ = false;
  absl::Duration down_after_stop_;
  FakeWeights weights_;
  int64_t version_ = 0;
  int64_t saved_version_ = 0;
  std::optional<uint32_t> stage_;  // that has been entered
  uint32_t stage_steps_ = 0;
  std::optional<RunFolder::SavedCheckpoint> checkpoint_;  // until its stage is entered
};

}  // namespace gyre::coordinator::simulation

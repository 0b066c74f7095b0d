#include "tests/coordinator/simulation/fake_rank.h"

#include "tests/coordinator/simulation/fake_samples.h"

namespace gyre::coordinator::simulation {
FakeRank::FakeRank(World& world, Network& network, RunFolder& folder, Collectives& collectives,
                   int index)
    : FakeMember(world, network, LEARNER, absl::StrCat("learner-", index)),
      folder_(folder),
      collectives_(collectives) {}

void FakeRank::OnGone() {
  folder_.served_policies.erase(address());
  if (formed_) collectives_.ProcessGone(name(), assignment_.attempt());
  formed_ = holds_ = stopping_ = false;
  assignment_.Clear();
  stage_.reset();
  checkpoint_.reset();
}

bool FakeRank::Failed(const absl::Status& status, const std::string& call) {
  if (status.ok()) return false;
  if (absl::IsAborted(status)) {
    world_.counts.Add("rank aborted");
    Exit(absl::StrCat(call, ": ", status.message()),
         world_.dice.Between(absl::Milliseconds(100), absl::Seconds(2)));
  } else {
    world_.Violate(name(), "'s ", call, " at version ", version_, ": ", status.ToString());
  }
  return true;
}

void FakeRank::Stop(absl::Duration down) {
  stopping_ = true;
  down_after_stop_ = down;
}

// ---- Forming

void FakeRank::OnJoined(const JoinReply& reply) {
  assignment_ = reply.rank();
  if (assignment_.keep_state()) world_.Violate(name(), " is to keep what it has not got");
  SendHeartbeat();
  Rendezvous();
}

bool FakeRank::FillHeld(JoinRequest& request) {
  if (!holds_) return false;
  HeldRank& held = *request.mutable_held_rank();
  held.set_attempt(assignment_.attempt());
  held.set_rank(assignment_.rank());
  held.set_version(version_);
  return true;
}

void FakeRank::OnJoinedAgain(const JoinReply& reply) {
  if (!reply.rank().keep_state()) {
    world_.counts.Add("rank may not go on");
    return Exit("the ranks form anew", absl::Milliseconds(world_.dice.Between(100, 1000)));
  }
  world_.counts.Add("rank goes on as it is");
  if (reply.rank().rank() != assignment_.rank() ||
      reply.rank().attempt() != assignment_.attempt()) {
    world_.Violate(name(), " is to go on as another rank");
  }
}

void FakeRank::SendHeartbeat() {
  Ask<HeartbeatReply>(
      kCallTimeout,
      [](CoordinatorHost& host, const MemberRef& ref, Answer<HeartbeatReply> answer) {
        HeartbeatRequest request;
        *request.mutable_member() = ref;
        host.Heartbeat(request, std::move(answer));
      },
      [this](absl::StatusOr<HeartbeatReply> reply) {
        if (Failed(reply.status(), "heartbeat")) return;
        // A rank that comes when all is done has nobody to form an attempt with.
        if (reply->finished() && !formed_) return End();
        After(world_.dice.Between(absl::Milliseconds(800), absl::Milliseconds(1200)),
              [this] { SendHeartbeat(); });
      });
}

void FakeRank::Rendezvous() {
  Ask<RendezvousReply>(
      absl::Seconds(10) + kCallTimeout,
      [attempt = assignment_.attempt(), address = assignment_.rank() == 0 ? address() : "",
       cancelled = Cancelled()](CoordinatorHost& host, const MemberRef& ref,
                                Answer<RendezvousReply> answer) {
        RendezvousRequest request;
        *request.mutable_member() = ref;
        request.set_attempt(attempt);
        request.set_store_address(address);
        host.Rendezvous(request, cancelled, std::move(answer));
      },
      [this](absl::StatusOr<RendezvousReply> reply) {
        if (Failed(reply.status(), "rendezvous")) return;
        if (!reply->ready()) return Rendezvous();
        if (assignment_.rank() == 0 && reply->store_address() != address()) {
          world_.Violate(name(), " is rank 0, but the store is at ", reply->store_address());
        }
        formed_ = true;
        Sum("connect", reply->ShortDebugString(), 0,
            [this, start = reply->start()](uint64_t) { Begin(start); });
      });
}

void FakeRank::Sum(const std::string& call, const std::string& agreed, uint64_t summand,
                   std::function<void(uint64_t)> then) {
  collectives_.Arrive({.process = name(),
                       .attempt = assignment_.attempt(),
                       .world_size = assignment_.world_size(),
                       .call = call,
                       .agreed = agreed,
                       .summand = summand,
                       .then = [this, cancelled = Cancelled(), call,
                                then = std::move(then)](std::optional<uint64_t> sum) {
                         if (cancelled()) return;
                         After(absl::ZeroDuration(), [this, sum, call, then] {
                           if (sum.has_value()) return then(*sum);
                           world_.counts.Add("rank lost its peers");
                           Exit(absl::StrCat("a rank is missing at ", call),
                                absl::Milliseconds(world_.dice.Between(100, 1000)));
                         });
                       }});
}

void FakeRank::Begin(const StartPoint& start) {
  world_.counts.Add("rank began an attempt");
  version_ = saved_version_ = start.version();
  if (start.checkpoint().empty()) {
    weights_ = FirstWeights();
  } else {
    const auto found = folder_.checkpoints.find(start.checkpoint());
    if (found == folder_.checkpoints.end()) {
      return world_.Violate(name(), " finds no ", start.checkpoint());
    }
    checkpoint_ = found->second;
    weights_ = checkpoint_->weights;
    world_.counts.Add("rank began from a checkpoint");
    if (checkpoint_->version != start.version() || weights_.digest != start.policy_digest()) {
      world_.Violate(start.checkpoint(), " is not what the ledger says");
    }
  }
  holds_ = true;
  AskNext();
}

// ---- The loop

void FakeRank::AskNext() {
  if (world_.Fault(world_.faults.learner_lie)) Lie();
  Ask<NextStepReply>(
      absl::Seconds(10) + kCallTimeout,
      [attempt = assignment_.attempt(), version = version_, cancelled = Cancelled()](
          CoordinatorHost& host, const MemberRef& ref, Answer<NextStepReply> answer) {
        NextStepRequest request;
        *request.mutable_member() = ref;
        request.set_attempt(attempt);
        request.set_version(version);
        request.set_wait_seconds(10);
        host.NextStep(request, cancelled, std::move(answer));
      },
      [this](absl::StatusOr<NextStepReply> next) {
        if (Failed(next.status(), "next step")) return;
        Heed(*next);
      });
}

void FakeRank::Heed(const NextStepReply& next) {
  if (stopping_ && assignment_.rank() == 0) return SaveBeforeStop();
  if (next.finished()) return Finish();
  if (next.wait()) return AskNext();
  EnterStage(next);
  if (next.publish()) return Publish();
  CheckStep(next);
  TrainStep(next);
}

void FakeRank::EnterStage(const NextStepReply& next) {
  if (stage_ == next.stage()) return;
  if (next.stage_begins() != (next.step() == 0)) {
    world_.Violate("stage ", next.stage(), " begins at step ", next.step());
  }
  if (next.stage_begins()) {
    const StageStart& start = next.start();
    if (start.from() == StageStart::MODEL) {
      world_.counts.Add("stage begun with the model");
      weights_ = FirstWeights();
    } else if (start.from() == StageStart::FOLDER && !start.in_run_dir()) {
      world_.counts.Add("stage begun with a folder from outside");
      weights_ = WeightsOfFolder(start.folder());
    } else if (start.from() == StageStart::FOLDER) {
      world_.counts.Add("stage begun with another stage's end");
      const auto found = folder_.checkpoints.find(start.folder());
      if (found == folder_.checkpoints.end()) {
        return world_.Violate(name(), " finds no ", start.folder(), " to begin a stage with");
      }
      weights_.digest = found->second.weights.digest;
    }
    weights_ = BeginStage(weights_, next.stage());
  } else if (!checkpoint_.has_value() || checkpoint_->stage != next.stage() ||
             checkpoint_->steps != next.step()) {
    world_.Violate(name(), " is to go on at stage ", next.stage(), " step ", next.step(),
                   ", and has no such checkpoint");
  }
  checkpoint_.reset();
  stage_ = next.stage();
  stage_steps_ = next.step();
}

void FakeRank::CheckStep(const NextStepReply& next) {
  const RunPlan& plan = world_.setup.plan;
  if (version_ >= plan.end_version()) return world_.Violate("a step after the last one");
  const RunPlan::Place place = plan.PlaceOf(version_);
  const StagePlan& stage = plan.stages[place.stage];
  if (next.stage() != place.stage || next.step() != place.step || next.step() != stage_steps_ ||
      next.has_rl() != stage.is_rl || next.has_sft() == stage.is_rl ||
      next.first_update() != uint64_t{place.step} * stage.updates_per_step ||
      next.publish_after() != plan.PublishAfter(stage, place.step) ||
      next.checkpoint_after() != plan.CheckpointAfter(stage, place.step)) {
    world_.Violate(name(), " at version ", version_, " gets ", next.ShortDebugString());
  }
}

void FakeRank::Publish() {
  if (assignment_.rank() != 0) return world_.Violate("another rank than 0 is to publish");
  Ask<PublishPolicyReply>(
      kCallTimeout,
      [attempt = assignment_.attempt(), manifest = MakeManifest()](
          CoordinatorHost& host, const MemberRef& ref, Answer<PublishPolicyReply> answer) {
        PublishPolicyRequest request;
        *request.mutable_member() = ref;
        request.set_attempt(attempt);
        *request.mutable_manifest() = manifest;
        host.PublishPolicy(request, std::move(answer));
      },
      [this](absl::StatusOr<PublishPolicyReply> reply) {
        if (Failed(reply.status(), "publication")) return;
        AskNext();
      });
}

PolicyManifest FakeRank::MakeManifest() {
  const PolicyKey key{.version = version_, .root_digest = weights_.digest};
  folder_.served_policies[address()].insert(key);
  PolicyManifest manifest;
  *manifest.mutable_id() = ToProto(key);
  manifest.add_sources()->set_address(address());
  return manifest;
}

}  // namespace gyre::coordinator::simulation

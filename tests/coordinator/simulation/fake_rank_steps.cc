// How a rank trains, commits, saves and ends.
#include <algorithm>

#include "tests/coordinator/simulation/fake_rank.h"
#include "tests/coordinator/simulation/fake_samples.h"

namespace gyre::coordinator::simulation {
void FakeRank::TrainStep(const NextStepReply& next) {
  world_.log.Add(name(), ": trains stage ", next.stage(), " step ", next.step(),
                 next.replay() ? " again" : "", " from version ", version_, ", ",
                 next.rl().groups_size(), " groups");
  const uint32_t rank = assignment_.rank();
  const uint32_t ranks = assignment_.world_size();
  if (next.has_sft()) {
    uint64_t gradient = 0;
    for (uint64_t i = rank; i < next.sft().examples(); i += ranks) {
      gradient += ExampleGradient(next.stage(), next.sft().first_example() + i);
    }
    return Compute(next, gradient);
  }
  ReadShareRequest request;
  request.set_attempt(assignment_.attempt());
  for (int i = static_cast<int>(rank); i < next.rl().groups_size(); i += static_cast<int>(ranks)) {
    *request.add_groups() = next.rl().groups(i).id();
  }
  Ask<std::vector<ReadGroup>>(
      kCallTimeout,
      [request](CoordinatorHost& host, const MemberRef& ref,
                Answer<std::vector<ReadGroup>> answer) {
        ReadShareRequest sent = request;
        *sent.mutable_member() = ref;
        host.ReadShare(sent, std::move(answer));
      },
      [this, next](absl::StatusOr<std::vector<ReadGroup>> groups) {
        if (Failed(groups.status(), "share")) return;
        uint64_t gradient = 0;
        for (const ReadGroup& each : *groups) gradient += GroupGradient(world_.setup, each.group);
        Compute(next, gradient);
      });
}

void FakeRank::Compute(const NextStepReply& next, uint64_t share_gradient) {
  const bool slow = world_.Fault(world_.faults.slow_step);
  if (slow) world_.counts.Add("rank slow");
  const absl::Duration time =
      slow ? world_.WhileFaulty(world_.dice.Between(absl::Seconds(1), absl::Seconds(12)))
           : absl::Milliseconds(world_.dice.Between(50, 800));
  std::string agreed = absl::StrCat(next.stage(), " ", next.step(), next.replay(), ": ");
  for (const StepGroup& group : next.rl().groups()) {
    absl::StrAppend(&agreed, Describe(KeyOf(group.id())), " ", group.train_tokens(), ", ");
  }
  After(time, [this, next, share_gradient, agreed] {
    Sum(absl::StrCat("step to ", version_ + 1), agreed, share_gradient,
        [this, next](uint64_t gradient) { Complete(next, gradient); });
  });
}

void FakeRank::Complete(const NextStepReply& done, uint64_t gradient) {
  // On such a device the sum comes out a little otherwise each time, for all ranks alike.
  if (world_.setup.inexact_replay && gradient != 0) gradient += assignment_.attempt();
  weights_ = Train(weights_, gradient);
  ++version_;
  stage_steps_ = done.step() + 1;
  if (done.checkpoint_after()) saved_version_ = version_;
  if (done.replay()) world_.counts.Add("step replayed by a rank");
  if (assignment_.rank() != 0) return AskNext();
  if (done.checkpoint_after()) Save();
  Commit(done);
}

void FakeRank::Save() {
  folder_.checkpoints[CheckpointFolder()] = {
      .version = version_, .stage = *stage_, .steps = stage_steps_, .weights = weights_};
}

void FakeRank::Commit(const NextStepReply& done) {
  CommitStepRequest request;
  request.set_attempt(assignment_.attempt());
  request.set_version(version_);
  request.set_stage(done.stage());
  request.set_step(done.step());
  if (done.publish_after()) *request.mutable_manifest() = MakeManifest();
  if (done.checkpoint_after()) request.set_checkpoint(CheckpointFolder());
  if (done.publish_after() || done.checkpoint_after()) {
    request.set_policy_digest(weights_.digest);
  }
  Ask<CommitStepReply>(
      kCallTimeout,
      [request](CoordinatorHost& host, const MemberRef& ref, Answer<CommitStepReply> answer) {
        CommitStepRequest sent = request;
        *sent.mutable_member() = ref;
        host.CommitStep(sent, std::move(answer));
      },
      [this](absl::StatusOr<CommitStepReply> reply) {
        if (Failed(reply.status(), "commit")) return;
        AskNext();
      });
}

void FakeRank::SaveBeforeStop() {
  auto leave = [this] {
    Tell<LeaveReply>([](CoordinatorHost& host, const MemberRef& ref, Answer<LeaveReply> answer) {
      LeaveRequest request;
      *request.mutable_member() = ref;
      request.set_reason("stopped");
      host.Leave(request, std::move(answer));
    });
    world_.counts.Add("learner stopped");
    Exit("stopped", down_after_stop_);
  };
  if (version_ == saved_version_ || !stage_.has_value()) return leave();
  Save();
  Ask<RecordCheckpointReply>(
      kCallTimeout,
      [attempt = assignment_.attempt(), version = version_, folder = CheckpointFolder(),
       digest = weights_.digest](CoordinatorHost& host, const MemberRef& ref,
                                 Answer<RecordCheckpointReply> answer) {
        RecordCheckpointRequest request;
        *request.mutable_member() = ref;
        request.set_attempt(attempt);
        request.set_version(version);
        request.set_checkpoint(folder);
        request.set_policy_digest(digest);
        host.RecordCheckpoint(request, std::move(answer));
      },
      [this, leave](absl::StatusOr<RecordCheckpointReply> reply) {
        if (Failed(reply.status(), "checkpoint")) return;
        leave();
      });
}

void FakeRank::Finish() {
  collectives_.Arrive({.process = name(),
                       .attempt = assignment_.attempt(),
                       .world_size = assignment_.world_size(),
                       .call = "end",
                       .agreed = "",
                       .summand = 0,
                       .then = [this, cancelled = Cancelled()](std::optional<uint64_t>) {
                         // If one is missing it does not matter any more.
                         if (!cancelled()) After(absl::ZeroDuration(), [this] { End(); });
                       }});
}

}  // namespace gyre::coordinator::simulation

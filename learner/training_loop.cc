#include "learner/training_loop.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "learner/checkpoint_reader.h"
#include "learner/checkpoint_writer.h"
#include "learner/phase_seconds.h"
#include "learner/read_share.h"

namespace gyre::learner {
namespace {

absl::StatusOr<NextStepReply> AwaitTimed(StepFeed& feed, double& seconds) {
  const auto start = std::chrono::steady_clock::now();
  absl::StatusOr<NextStepReply> next = feed.Await();
  seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return next;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrainingLoop>> TrainingLoop::Begin(
    const Surroundings& surroundings, std::optional<Checkpoint> checkpoint) {
  if (checkpoint.has_value()) {
    model::Parameters parameters = std::move(checkpoint->parameters);
    if (!(parameters.config() == surroundings.model.config())) {
      return absl::DataLossError(absl::StrCat(
          CheckpointFolder(checkpoint->position.version),
          "/config.json is not that of the spec's model; the folder is of another run"));
    }
    return std::unique_ptr<TrainingLoop>(
        new TrainingLoop(surroundings, std::move(parameters), std::move(checkpoint)));
  }
  GYRE_ASSIGN_OR_RETURN(model::Parameters parameters, surroundings.model.FirstParameters());
  return std::unique_ptr<TrainingLoop>(
      new TrainingLoop(surroundings, std::move(parameters), std::nullopt));
}

TrainingLoop::TrainingLoop(const Surroundings& surroundings, model::Parameters parameters,
                           std::optional<Checkpoint> checkpoint)
    : surroundings_(surroundings),
      trainer_(std::move(parameters), surroundings.kernels, surroundings.collectives),
      version_(checkpoint.has_value() ? checkpoint->position.version : 0),
      checkpoint_(std::move(checkpoint)),
      saved_version_(version_) {}

absl::Status TrainingLoop::Run(std::stop_token stop) {
  surroundings_.session.HoldVersion(version_);
  surroundings_.metrics.SetVersion(version_);
  StepFeed feed(surroundings_.session, surroundings_.waits, stop);
  feed.Ask(version_);
  while (true) {
    absl::StatusOr<NextStepReply> next = AwaitTimed(feed, wait_seconds_);
    if (absl::IsCancelled(next.status())) GYRE_RETURN_IF_ERROR(SaveBeforeStop());
    GYRE_RETURN_IF_ERROR(next.status());
    if (next->finished()) return absl::OkStatus();
    GYRE_RETURN_IF_ERROR(EnterStage(*next));
    if (!next->publish()) {
      GYRE_RETURN_IF_ERROR(TrainSteps(*std::move(next), feed, stop));
      continue;
    }
    GYRE_ASSIGN_OR_RETURN(const PolicyManifest manifest, Publish());
    GYRE_RETURN_IF_ERROR(surroundings_.session.PublishPolicy(manifest));
    feed.Ask(version_);
  }
}

// ---- Stages

absl::Status TrainingLoop::EnterStage(const NextStepReply& next) {
  if (stage_ == next.stage()) return absl::OkStatus();
  const StageSpec& stage = surroundings_.spec.stage(static_cast<int>(next.stage()));
  if (next.stage_begins() && next.start().from() != StageStart::PRESENT) {
    GYRE_ASSIGN_OR_RETURN(model::Parameters parameters, StartParameters(next.start()));
    GYRE_RETURN_IF_ERROR(trainer_.ReplaceParameters(std::move(parameters)));
    present_policy_.reset();
  }
  GYRE_RETURN_IF_ERROR(trainer_.BeginStage(stage));
  if (!next.stage_begins()) GYRE_RETURN_IF_ERROR(RestoreStage(next));
  checkpoint_.reset();
  examples_.reset();
  if (stage.has_sft()) {
    GYRE_ASSIGN_OR_RETURN(examples_,
                          ExampleReader::Open(stage.sft(), surroundings_.spec.seed(), next.stage(),
                                              surroundings_.model.tokenizer()));
  }
  stage_ = next.stage();
  stage_steps_ = next.step();
  spdlog::info("stage {} \"{}\" from its step {}, version {}", next.stage(), stage.name(),
               next.step(), version_);
  return absl::OkStatus();
}

absl::Status TrainingLoop::RestoreStage(const NextStepReply& next) {
  if (!checkpoint_.has_value() || checkpoint_->position.stage != next.stage() ||
      checkpoint_->position.steps != next.step()) {
    return absl::DataLossError(
        absl::StrCat(CheckpointFolder(version_), " is not of stage ", next.stage(), " step ",
                     next.step(), ", from which the ledger goes on; the folder is of another run"));
  }
  GYRE_RETURN_IF_ERROR(
      trainer_.optimizer_state().Import(checkpoint_->counts, checkpoint_->Shards()));
  if (trainer_.reference() == nullptr) return absl::OkStatus();
  if (!checkpoint_->reference.has_value()) {
    return absl::DataLossError(
        absl::StrCat(CheckpointFolder(version_), " lacks the reference of the KL term"));
  }
  return trainer_.ReplaceReference(*std::move(checkpoint_->reference));
}

absl::StatusOr<model::Parameters> TrainingLoop::StartParameters(const StageStart& start) const {
  if (start.from() == StageStart::MODEL) return surroundings_.model.FirstParameters();
  return surroundings_.model.ReadParametersOf(
      start.in_run_dir() ? absl::StrCat(surroundings_.run_dir, "/", start.folder())
                         : start.folder());
}

// ---- Steps

absl::Status TrainingLoop::TrainSteps(NextStepReply next, StepFeed& feed, std::stop_token stop) {
  GYRE_ASSIGN_OR_RETURN(StepMetrics metrics, TrainStep(next));
  while (true) {
    GYRE_ASSIGN_OR_RETURN(std::optional<CommitStepRequest> commit,
                          Complete(next, std::move(metrics)));
    std::optional<NextStepReply> foreseen = Foresee(next);
    if (stop.stop_requested()) foreseen.reset();
    feed.Commit(std::move(commit), version_, foreseen.has_value());
    if (!foreseen.has_value()) return absl::OkStatus();

    GYRE_ASSIGN_OR_RETURN(metrics, TrainStep(*foreseen));
    GYRE_ASSIGN_OR_RETURN(next, AwaitTimed(feed, wait_seconds_));
    const bool as_foreseen = next.has_sft() && next.stage() == foreseen->stage() &&
                             next.step() == foreseen->step() &&
                             next.first_update() == foreseen->first_update() &&
                             next.sft().first_example() == foreseen->sft().first_example() &&
                             next.sft().examples() == foreseen->sft().examples();
    if (!as_foreseen) {
      return absl::AbortedError(absl::StrCat("version ", version_, " is not followed by step ",
                                             foreseen->step(),
                                             " of the stage, which has been trained in advance"));
    }
  }
}

std::optional<NextStepReply> TrainingLoop::Foresee(const NextStepReply& done) const {
  const StageSpec& stage = surroundings_.spec.stage(static_cast<int>(done.stage()));
  if (!done.has_sft() || done.publish_after() || done.checkpoint_after() ||
      done.step() + 1 >= stage.sft().steps()) {
    return std::nullopt;
  }
  NextStepReply next;
  next.set_stage(done.stage());
  next.set_step(done.step() + 1);
  next.set_first_update(done.first_update() + 1);
  next.mutable_sft()->set_first_example(done.sft().first_example() + done.sft().examples());
  next.mutable_sft()->set_examples(done.sft().examples());
  return next;
}

absl::StatusOr<StepMetrics> TrainingLoop::TrainStep(const NextStepReply& next) {
  const StepPosition position = {.step = next.step(), .first_update = next.first_update()};
  StepMetrics read;  // phases of this loop's own
  StepMetrics metrics;
  if (next.has_sft()) {
    std::vector<SftExample> share;
    {
      const PhaseSeconds phase(read, "read");
      GYRE_ASSIGN_OR_RETURN(
          share,
          examples_->ReadShare(next.sft().first_example(), next.sft().examples(),
                               surroundings_.session.rank(), surroundings_.session.world_size()));
    }
    GYRE_ASSIGN_OR_RETURN(metrics, trainer_.SftStep(position, share));
  } else if (next.has_rl()) {
    const StageSpec& stage = surroundings_.spec.stage(static_cast<int>(next.stage()));
    const PolicyId current = present_policy();
    std::vector<std::vector<TrainGroup>> share;
    {
      const PhaseSeconds phase(read, "read");
      const rpc::NamedWait wait(surroundings_.waits, "share",
                                absl::StrCat("the groups of step ", next.step()));
      GYRE_ASSIGN_OR_RETURN(
          share, ReadShare(surroundings_.session, next.rl(), stage.rl().updates_per_step()));
    }
    GYRE_ASSIGN_OR_RETURN(metrics, trainer_.RlStep(position, share, current));
  } else {
    return absl::InternalError("Coordinator.NextStep named nothing to do");
  }
  auto& seconds = *metrics.mutable_step_seconds();
  seconds["read"] = read.step_seconds().at("read");
  seconds["wait"] = std::exchange(wait_seconds_, 0);
  return metrics;
}

absl::StatusOr<std::optional<CommitStepRequest>> TrainingLoop::Complete(const NextStepReply& done,
                                                                        StepMetrics metrics) {
  ++version_;
  present_policy_.reset();
  stage_steps_ = done.step() + 1;
  surroundings_.session.HoldVersion(version_);
  surroundings_.metrics.SetVersion(version_);
  if (done.checkpoint_after()) saved_version_ = version_;
  std::optional<CommitStepRequest> commit;
  if (is_rank_0()) {
    commit.emplace();
    commit->set_version(version_);
    commit->set_stage(done.stage());
    commit->set_step(done.step());
    if (done.publish_after()) {
      const PhaseSeconds phase(metrics, "publish");
      GYRE_ASSIGN_OR_RETURN(*commit->mutable_manifest(), Publish());
    }
    if (done.checkpoint_after()) {
      const PhaseSeconds phase(metrics, "checkpoint");
      GYRE_RETURN_IF_ERROR(Save());
      commit->set_checkpoint(CheckpointFolder(version_));
    }
    if (done.publish_after() || done.checkpoint_after()) {
      commit->set_policy_digest(present_policy().root_digest());
    }
    *commit->mutable_metrics() = metrics;
  }
  surroundings_.metrics.RecordStep(metrics);
  return commit;
}

// ---- Policies and checkpoints

const PolicyId& TrainingLoop::present_policy() {
  if (!present_policy_.has_value()) {
    present_policy_.emplace();
    present_policy_->set_version(version_);
    present_policy_->set_root_digest(std::string(PolicyDigest(trainer_.parameters()).bytes()));
  }
  return *present_policy_;
}

absl::StatusOr<PolicyManifest> TrainingLoop::Publish() {
  GYRE_ASSIGN_OR_RETURN(std::shared_ptr<const PolicySnapshot> snapshot,
                        PolicySnapshot::Make(version_, trainer_.parameters(), trainer_.network(),
                                             surroundings_.origin));
  present_policy_ = snapshot->id();
  PolicyManifest manifest = snapshot->manifest();
  surroundings_.shelf.Put(std::move(snapshot));
  return manifest;
}

absl::Status TrainingLoop::Save() {
  const StageSpec& stage = surroundings_.spec.stage(static_cast<int>(*stage_));
  GYRE_ASSIGN_OR_RETURN(const base::Sha256Digest digest,
                        base::Sha256Digest::FromBytes(present_policy().root_digest()));
  GYRE_RETURN_IF_ERROR(WriteCheckpoint(surroundings_.run_dir,
                                       {.position = {.version = version_,
                                                     .stage = *stage_,
                                                     .stage_name = stage.name(),
                                                     .steps = stage_steps_},
                                        .parameters = trainer_.parameters(),
                                        .policy_digest = digest,
                                        .tokenizer_files = surroundings_.model.tokenizer_files(),
                                        .optimizer = trainer_.optimizer_state(),
                                        .reference = trainer_.reference(),
                                        .attempt = surroundings_.session.attempt()}));
  surroundings_.metrics.RecordCheckpoint(absl::Now());
  return absl::OkStatus();
}

absl::Status TrainingLoop::SaveBeforeStop() {
  // At a stage's start there is nothing that the checkpoint before it does not hold.
  if (!is_rank_0() || version_ == saved_version_ || !stage_.has_value()) return absl::OkStatus();
  GYRE_RETURN_IF_ERROR(Save());
  GYRE_RETURN_IF_ERROR(surroundings_.session.RecordCheckpoint(version_, CheckpointFolder(version_),
                                                              present_policy().root_digest()));
  spdlog::info("stopped at version {}, saved in {}", version_, CheckpointFolder(version_));
  return absl::OkStatus();
}

}  // namespace gyre::learner

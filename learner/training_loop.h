// The learner's loop on one rank: ask for the next step, train it, commit it (rank 0), over and
// over. Every rank runs the same loop, and what it does at a version depends on the ledger and the
// spec alone, so all ranks make the same collective calls in the same order.
//
// One thread: the only one that is in the collectives. Between steps of an SFT stage it does not
// wait for the commit before it goes on: the next step is known unless something (a publication, a
// checkpoint, the stage's end) follows this one; its commit waits for the answer (StepFeed).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/kernel_table.h"
#include "learner/checkpoint.h"
#include "learner/collectives.h"
#include "learner/coordinator_session.h"
#include "learner/example_reader.h"
#include "learner/learner_metrics.h"
#include "learner/model_source.h"
#include "learner/policy_shelf.h"
#include "learner/policy_snapshot.h"
#include "learner/step_feed.h"
#include "learner/trainer.h"
#include "proto/coordinator.pb.h"
#include "proto/run_spec.pb.h"
#include "rpc/wait_board.h"

namespace gyre::learner {

class TrainingLoop {
 public:
  // All borrowed; outlive the loop.
  struct Surroundings {
    const RunSpec& spec;
    const std::string& run_dir;
    const ModelSource& model;
    const PolicyOrigin& origin;
    const kernels::KernelTable& kernels;
    CoordinatorSession& session;
    Collectives& collectives;
    PolicyShelf& shelf;
    rpc::WaitBoard& waits;
    LearnerMetrics& metrics;
  };

  // Begins from a checkpoint, or, without one, from the model's first weights at version 0.
  static absl::StatusOr<std::unique_ptr<TrainingLoop>> Begin(const Surroundings& surroundings,
                                                             std::optional<Checkpoint> checkpoint);
  TrainingLoop(const TrainingLoop&) = delete;
  TrainingLoop& operator=(const TrainingLoop&) = delete;

  // Blocks until the run is finished (OK) or this rank cannot go on:
  //   CANCELLED              `stop` was requested; the present version is committed and, on rank 0,
  //                          saved and recorded
  //   ABORTED, UNAVAILABLE,
  //   DEADLINE_EXCEEDED      the attempt is over or another rank is gone
  //   others                 the run cannot go on; the message says why
  absl::Status Run(std::stop_token stop);

 private:
  TrainingLoop(const Surroundings& surroundings, model::Parameters parameters,
               std::optional<Checkpoint> checkpoint);

  bool is_rank_0() const { return surroundings_.collectives.rank() == 0; }

  // Makes the stage of `next` the trainer's: begins it, or goes on with it from the checkpoint.
  absl::Status EnterStage(const NextStepReply& next);
  absl::Status RestoreStage(const NextStepReply& next);
  absl::StatusOr<model::Parameters> StartParameters(const StageStart& start) const;

  // Trains `next` and those SFT steps behind it that are foreseen; ends with a question under way.
  absl::Status TrainSteps(NextStepReply next, StepFeed& feed, std::stop_token stop);
  absl::StatusOr<StepMetrics> TrainStep(const NextStepReply& next);
  // The step that must follow `done`, if that is known.
  std::optional<NextStepReply> Foresee(const NextStepReply& done) const;
  // The trained step becomes the present version: publishes and saves as asked. The commit to be
  // sent, on rank 0.
  absl::StatusOr<std::optional<CommitStepRequest>> Complete(const NextStepReply& done,
                                                            StepMetrics metrics);

  absl::StatusOr<PolicyManifest> Publish();
  absl::Status Save();
  absl::Status SaveBeforeStop();
  // Of the present weights; computed once a version.
  const PolicyId& present_policy();

  const Surroundings surroundings_;
  Trainer trainer_;
  int64_t version_ = 0;  // of the trainer's weights, but for a foreseen step
  std::optional<PolicyId> present_policy_;
  std::optional<Checkpoint> checkpoint_;   // until its stage is entered; without weights
  int64_t saved_version_ = 0;              // that the ledger names a checkpoint of
  std::optional<uint32_t> stage_;          // that has been entered
  uint32_t stage_steps_ = 0;               // of it that are done
  std::optional<ExampleReader> examples_;  // of it
  double wait_seconds_ = 0;                // before the step that comes
};

}  // namespace gyre::learner

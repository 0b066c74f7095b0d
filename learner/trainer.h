// Trains one replica of the policy: owns the parameters, their packed form, the optimizer and,
// where the KL term wants it, the reference parameters. One step = one batch = 1..n updates, made
// by all ranks together; between steps all ranks hold the same bits.
//
// One thread uses it (the one that is in the collectives). It starts no threads and reads no clock
// but a steady one for step_seconds. The same calls with the same arguments on the same machine and
// number of ranks give the same bits.
//
//   Trainer trainer(std::move(parameters), kernels, collectives);
//   trainer.BeginStage(stage);  // on resume also: Import into optimizer_state()
//   metrics = trainer.RlStep(position, share, policy);
//
// After an error of SftStep or RlStep the trainer may not be used again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/kernel_table.h"
#include "learner/collectives.h"
#include "learner/gradient_pass.h"
#include "learner/optimizer.h"
#include "learner/optimizer_state.h"
#include "learner/sft_example.h"
#include "learner/training_sequence.h"
#include "model/network.h"
#include "model/parameters.h"
#include "model/training_network.h"
#include "proto/coordinator.pb.h"
#include "proto/group.pb.h"
#include "proto/run_spec.pb.h"

namespace gyre::learner {

// Which step it is, as NextStepReply says.
struct StepPosition {
  uint32_t step = 0;  // within the stage, from 0
  // Of this stage, before this step: where the learning rate schedule stands.
  uint64_t first_update = 0;
};

class Trainer {
 public:
  Trainer(model::Parameters parameters, const kernels::KernelTable& kernels,
          Collectives& collectives);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  // Takes the stage's settings (a validated spec) and starts a fresh optimizer. The reference of
  // the KL term, if the stage has one, becomes a copy of the present parameters.
  absl::Status BeginStage(const StageSpec& stage);
  // Puts other weights of the same config in place of the present ones: the start of a stage, a
  // checkpoint. INVALID_ARGUMENT: another config.
  absl::Status ReplaceParameters(model::Parameters parameters);

  // `share` is this rank's examples of the step (AssignExamples). One update. The returned metrics
  // have the learner's part of proto/metrics.proto, the same on every rank; step_seconds has
  // forward_backward, reduce and optimize of this rank.
  //   INVALID_ARGUMENT      an example that is empty, too long or has tokens out of range
  //   FAILED_PRECONDITION   "non-finite …": the third update in a row had a loss or gradient
  //                         that is not a number; the message names stage, step and update
  //   RESOURCE_EXHAUSTED    a micro-batch does not fit into memory
  //   others                the collectives'
  absl::StatusOr<StepMetrics> SftStep(const StepPosition& position,
                                      absl::Span<const SftExample> share);

  // `share` has, for each mini-batch of the step (all updates_per_step of them), this rank's groups
  // (AssignShares). `current` names the weights that this trainer holds: samples made wholly by
  // them are compared, engine's log-probs with this forward pass, in the step's first mini-batch
  // (later ones come after an update, so there is nothing to compare there). A mini-batch in which
  // no rank has a kept group makes no update. Codes as for SftStep.
  absl::StatusOr<StepMetrics> RlStep(const StepPosition& position,
                                     absl::Span<const std::vector<TrainGroup>> share,
                                     const PolicyId& current);

  const model::Parameters& parameters() const { return parameters_; }
  // Packed from parameters(); for probes.
  const model::PackedNetwork& network() const { return network_.forward(); }

  // Of the last update: the sum over all ranks' tokens, before the division by their number and
  // before clipping.
  absl::Span<const float> gradient() const { return network_.gradient(); }

  // Of the present stage.
  OptimizerState& optimizer_state();

  // Null if the stage has no KL term. A checkpoint within such a stage must hold it.
  const model::Parameters* reference() const { return reference_.get(); }
  // After BeginStage, on resume. INVALID_ARGUMENT: another config, or the stage has no KL term.
  absl::Status ReplaceReference(model::Parameters reference);

 private:
  struct Stage;
  struct StepTotals;
  struct LossSums;

  // One update by all ranks over their `sequences`; adds to the step's totals. `loss` adds to the
  // sums it is given.
  using Loss = absl::FunctionRef<void(const TrainingSequence&, const TargetLogProbs&,
                                      absl::Span<float> derivatives, LossSums& sums)>;
  absl::Status Update(const StepPosition& position, uint64_t update,
                      absl::Span<const TrainingSequence> sequences,
                      const GradientPass::Settings& settings, Loss loss, StepTotals& totals);
  absl::Status SkipNonfinite(const StepPosition& position, uint64_t update, StepTotals& totals);
  absl::StatusOr<StepMetrics> Finish(const StepPosition& position, StepTotals& totals);
  SequenceLimits Limits(int64_t max_tokens) const;
  void CopyReference();

  const kernels::KernelTable& kernels_;
  Collectives& collectives_;
  model::Parameters parameters_;
  model::TrainingNetwork network_;
  GradientPass gradient_pass_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<model::Parameters> reference_;
  std::unique_ptr<model::PackedNetwork> reference_network_;
};

}  // namespace gyre::learner

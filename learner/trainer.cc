#include "learner/trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "learner/grpo_loss.h"
#include "learner/learning_rate.h"
#include "learner/phase_seconds.h"

namespace gyre::learner {
namespace {

constexpr uint32_t kMostNonfiniteInARow = 2;  // the next one ends the run

}  // namespace

struct Trainer::Stage {
  StageSpec spec;
  OptimizerSpec optimizer;
  uint64_t total_updates = 0;
};

// Sums over targets; over all ranks after a reduction.
struct Trainer::LossSums {
  enum Index {
    kTokens,
    kLoss,
    kEntropy,
    kKl,
    kClippedLow,
    kClippedHigh,
    kDifference,
    kCompared,
    kCount
  };
  std::array<double, kCount> sums = {};
  double& operator[](Index index) { return sums[index]; }

  double ratio_max = 0;
  double difference_max = 0;
};

// Of a step so far.
struct Trainer::StepTotals {
  StepMetrics metrics;
  LossSums sums;  // of the updates that were made
  double gradient_norms = 0;
};

Trainer::Trainer(model::Parameters parameters, const kernels::KernelTable& kernels,
                 Collectives& collectives)
    : kernels_(kernels),
      collectives_(collectives),
      parameters_(std::move(parameters)),
      network_(parameters_, kernels),
      gradient_pass_(network_) {}

Trainer::~Trainer() = default;

absl::Status Trainer::BeginStage(const StageSpec& stage) {
  if (!stage.has_sft() && !stage.has_rl())
    return absl::InvalidArgumentError(absl::StrCat("stage ", stage.name(), " trains nothing"));
  stage_ = std::make_unique<Stage>();
  stage_->spec = stage;
  stage_->optimizer = stage.has_sft() ? stage.sft().optimizer() : stage.rl().optimizer();
  stage_->total_updates = stage.has_sft()
                              ? uint64_t{stage.sft().steps()}
                              : uint64_t{stage.rl().steps()} * stage.rl().updates_per_step();
  optimizer_ =
      std::make_unique<Optimizer>(parameters_.shared_layout(), stage_->optimizer, kernels_);
  reference_.reset();
  reference_network_.reset();
  if (stage.has_rl() && GrpoLoss(stage.rl().grpo()).has_reference()) CopyReference();
  return absl::OkStatus();
}

void Trainer::CopyReference() {
  reference_ = std::make_unique<model::Parameters>(parameters_.Copy());
  reference_network_ = std::make_unique<model::PackedNetwork>(*reference_, kernels_);
}

absl::Status Trainer::ReplaceParameters(model::Parameters parameters) {
  if (!(parameters.config() == parameters_.config()))
    return absl::InvalidArgumentError("the weights are of a network of another shape");
  parameters_ = std::move(parameters);
  network_.Repack(parameters_);
  return absl::OkStatus();
}

absl::Status Trainer::ReplaceReference(model::Parameters reference) {
  if (reference_ == nullptr)
    return absl::InvalidArgumentError("the stage has no KL term and so no reference");
  if (!(reference.config() == parameters_.config()))
    return absl::InvalidArgumentError("the reference is of a network of another shape");
  *reference_ = std::move(reference);
  reference_network_->Repack(*reference_);
  return absl::OkStatus();
}

OptimizerState& Trainer::optimizer_state() {
  GYRE_CHECK(optimizer_ != nullptr, "a stage has begun");
  return *optimizer_;
}

SequenceLimits Trainer::Limits(int64_t max_tokens) const {
  return {parameters_.config().vocab_size,
          std::min(max_tokens, parameters_.config().max_positions)};
}

absl::StatusOr<StepMetrics> Trainer::SftStep(const StepPosition& position,
                                             absl::Span<const SftExample> share) {
  GYRE_CHECK(stage_ != nullptr && stage_->spec.has_sft(), "an sft stage has begun");
  const SftSpec& spec = stage_->spec.sft();
  std::vector<TrainingSequence> sequences;
  for (const SftExample& example : share) {
    GYRE_ASSIGN_OR_RETURN(TrainingSequence sequence,
                          SequenceOf(example, Limits(spec.max_tokens())));
    sequences.push_back(std::move(sequence));
  }
  const auto loss = [](const TrainingSequence&, const TargetLogProbs& targets,
                       absl::Span<float> derivatives, LossSums& sums) {
    for (size_t i = 0; i < derivatives.size(); ++i) {
      sums[LossSums::kLoss] -= static_cast<double>(targets.log_probs[i]);
      sums[LossSums::kEntropy] += static_cast<double>(targets.entropies[i]);
      derivatives[i] = -1.0f;
    }
    sums[LossSums::kTokens] += static_cast<double>(derivatives.size());
  };
  StepTotals totals;
  GYRE_RETURN_IF_ERROR(Update(position, position.first_update, sequences,
                              {.micro_batch_tokens = spec.micro_batch_tokens()}, loss, totals));
  return Finish(position, totals);
}

absl::StatusOr<StepMetrics> Trainer::RlStep(const StepPosition& position,
                                            absl::Span<const std::vector<TrainGroup>> share,
                                            const PolicyId& current) {
  GYRE_CHECK(stage_ != nullptr && stage_->spec.has_rl(), "an rl stage has begun");
  const RlSpec& spec = stage_->spec.rl();
  GYRE_CHECK(share.size() == spec.updates_per_step(), "a share has every mini-batch of the step");
  const uint32_t reference_every = spec.grpo().reference_every_steps();
  if (reference_ != nullptr && reference_every > 0 && position.step > 0 &&
      position.step % reference_every == 0) {
    CopyReference();
  }
  const GrpoLoss grpo(spec.grpo());
  const GradientPass::Settings settings = {.inverse_temperature = 1.0f / spec.temperature(),
                                           .micro_batch_tokens = spec.micro_batch_tokens(),
                                           .reference = reference_network_.get()};
  StepTotals totals;
  for (size_t i = 0; i < share.size(); ++i) {
    std::vector<TrainingSequence> sequences;
    for (const TrainGroup& group : share[i]) {
      GYRE_RETURN_IF_ERROR(AppendSequencesOf(
          group, spec, current, Limits(std::numeric_limits<int64_t>::max()), sequences));
    }
    const auto loss = [&](const TrainingSequence& sequence, const TargetLogProbs& targets,
                          absl::Span<float> derivatives, LossSums& sums) {
      const bool compare = i == 0 && sequence.by_current_policy;
      for (size_t t = 0; t < derivatives.size(); ++t) {
        const double log_prob = static_cast<double>(targets.log_probs[t]);
        const double behaviour = static_cast<double>(sequence.behaviour_log_probs[t]);
        const double reference = targets.reference_log_probs.empty()
                                     ? 0.0
                                     : static_cast<double>(targets.reference_log_probs[t]);
        const GrpoTokenLoss token = grpo.Token(log_prob, behaviour, sequence.advantage, reference);
        derivatives[t] = static_cast<float>(token.derivative);
        sums[LossSums::kLoss] += token.loss;
        sums[LossSums::kEntropy] += static_cast<double>(targets.entropies[t]);
        sums[LossSums::kKl] += token.kl;
        sums[LossSums::kClippedLow] += token.clipped_low ? 1 : 0;
        sums[LossSums::kClippedHigh] += token.clipped_high ? 1 : 0;
        sums.ratio_max = std::max(sums.ratio_max, token.ratio);
        if (compare) {
          const double difference = std::abs(behaviour - log_prob);
          sums[LossSums::kDifference] += difference;
          sums[LossSums::kCompared] += 1;
          // Not a number compares as nothing, but is the largest difference that there can be.
          sums.difference_max = std::max(
              sums.difference_max,
              std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference);
        }
      }
      sums[LossSums::kTokens] += static_cast<double>(derivatives.size());
    };
    GYRE_RETURN_IF_ERROR(
        Update(position, position.first_update + i, sequences, settings, loss, totals));
  }
  return Finish(position, totals);
}

absl::Status Trainer::Update(const StepPosition& position, uint64_t update,
                             absl::Span<const TrainingSequence> sequences,
                             const GradientPass::Settings& settings, Loss loss,
                             StepTotals& totals) {
  StepMetrics& metrics = totals.metrics;
  LossSums local;
  {
    const PhaseSeconds phase(metrics, "forward_backward");
    network_.ZeroGradient();
    GYRE_RETURN_IF_ERROR(gradient_pass_.Run(
        sequences, settings,
        [&](const TrainingSequence& sequence, const TargetLogProbs& targets,
            absl::Span<float> derivatives) { loss(sequence, targets, derivatives, local); }));
  }
  {
    const PhaseSeconds phase(metrics, "reduce");
    GYRE_RETURN_IF_ERROR(collectives_.AllReduceSum(absl::MakeSpan(local.sums)));
    // What was compared counts whether or not the update is made: a skipped one tells the most.
    for (const auto index : {LossSums::kDifference, LossSums::kCompared}) {
      totals.sums[index] += std::exchange(local[index], 0.0);
    }
    totals.sums.difference_max = std::max(totals.sums.difference_max, local.difference_max);
    // From here on every rank decides alike.
    if (local[LossSums::kTokens] == 0) return absl::OkStatus();
    if (!std::isfinite(local[LossSums::kLoss])) return SkipNonfinite(position, update, totals);
    GYRE_RETURN_IF_ERROR(collectives_.AllReduceSum(network_.gradient()));
  }
  const PhaseSeconds phase(metrics, "optimize");
  const double scale = 1.0 / local[LossSums::kTokens];
  const double norm = std::sqrt(SumOfSquares(kernels_, network_.gradient())) * scale;
  if (!std::isfinite(norm)) return SkipNonfinite(position, update, totals);
  const double most = static_cast<double>(stage_->optimizer.clip_gradient_norm());
  const double clip = most > 0 && norm > most ? most / norm : 1.0;
  const double rate = LearningRate(stage_->optimizer, update, stage_->total_updates);
  optimizer_->Update(parameters_.flat(), network_.gradient(), scale * clip, rate);
  network_.Repack(parameters_);

  metrics.set_updates(metrics.updates() + 1);
  metrics.set_learning_rate(rate);
  totals.gradient_norms += norm;
  for (size_t i = 0; i < local.sums.size(); ++i) totals.sums.sums[i] += local.sums[i];
  totals.sums.ratio_max = std::max(totals.sums.ratio_max, local.ratio_max);
  return absl::OkStatus();
}

absl::Status Trainer::SkipNonfinite(const StepPosition& position, uint64_t update,
                                    StepTotals& totals) {
  optimizer_->SkipNonfinite();
  totals.metrics.set_nonfinite_updates(totals.metrics.nonfinite_updates() + 1);
  if (optimizer_->counts().nonfinite_in_a_row <= kMostNonfiniteInARow) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("non-finite loss or gradient in the third update in a row (stage ",
                   stage_->spec.name(), ", step ", position.step, ", update ", update,
                   "); a lower learning rate or a longer warm-up may help"));
}

absl::StatusOr<StepMetrics> Trainer::Finish(const StepPosition& position, StepTotals& totals) {
  StepMetrics& metrics = totals.metrics;
  LossSums& sums = totals.sums;
  if (stage_->spec.has_rl()) {
    const PhaseSeconds phase(metrics, "reduce");
    std::array<double, 2> most = {sums.ratio_max, sums.difference_max};
    GYRE_RETURN_IF_ERROR(collectives_.AllReduceMax(absl::MakeSpan(most)));
    metrics.set_importance_ratio_max(most[0]);
    metrics.set_logprob_difference_max(most[1]);
  }
  metrics.set_stage(stage_->spec.name());
  metrics.set_step(position.step);
  const double tokens = std::max(1.0, sums[LossSums::kTokens]);
  metrics.set_loss(sums[LossSums::kLoss] / tokens);
  metrics.set_entropy(sums[LossSums::kEntropy] / tokens);
  metrics.set_kl_reference(sums[LossSums::kKl] / tokens);
  metrics.set_clip_fraction_low(sums[LossSums::kClippedLow] / tokens);
  metrics.set_clip_fraction_high(sums[LossSums::kClippedHigh] / tokens);
  metrics.set_tokens_trained(static_cast<uint64_t>(sums[LossSums::kTokens]));
  const double compared = sums[LossSums::kCompared];
  metrics.set_logprobs_compared(static_cast<uint64_t>(compared));
  metrics.set_logprob_difference_mean(sums[LossSums::kDifference] / std::max(1.0, compared));
  if (metrics.updates() > 0) metrics.set_gradient_norm(totals.gradient_norms / metrics.updates());
  return metrics;
}

}  // namespace gyre::learner

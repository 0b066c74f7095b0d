#include "learner/gradient_pass.h"

#include <ATen/ATen.h>

#include <new>

#include "absl/strings/str_cat.h"
#include "model/log_probs.h"

namespace gyre::learner {

GradientPass::GradientPass(model::TrainingNetwork& network)
    : network_(network), batch_(network.forward().kv_layout()) {}

absl::Status GradientPass::Run(absl::Span<const TrainingSequence> sequences,
                               const Settings& settings, SequenceLoss loss) {
  try {
    size_t first = 0;
    for (const size_t end : CutIntoMicroBatches(sequences, settings.micro_batch_tokens)) {
      RunMicroBatch(sequences.subspan(first, end - first), settings, loss);
      first = end;
    }
  } catch (const c10::Error& error) {
    return absl::InternalError(
        absl::StrCat("LibTorch failed in the training pass: ", error.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        absl::StrCat("not enough memory for a micro-batch of ", batch_.num_rows(),
                     " tokens; lower micro_batch_tokens, which is ", settings.micro_batch_tokens));
  }
  return absl::OkStatus();
}

void GradientPass::RunMicroBatch(absl::Span<const TrainingSequence> sequences,
                                 const Settings& settings, SequenceLoss loss) {
  batch_.Clear();
  for (const TrainingSequence& sequence : sequences)
    batch_.Add(sequence.token_ids, sequence.target_positions);
  batch_.Finish();
  const size_t num_targets = static_cast<size_t>(batch_.num_targets());
  derivatives_.assign(num_targets, 0.0f);
  reference_log_probs_.clear();
  if (settings.reference != nullptr) ScoreReference(settings);

  const model::DifferentiableLogProbs outputs =
      model::ComputeLogProbs(network_, batch_, settings.inverse_temperature);
  const absl::Span<const float> log_probs(outputs.log_probs.const_data_ptr<float>(), num_targets);
  const absl::Span<const float> entropies(outputs.entropies.const_data_ptr<float>(), num_targets);
  size_t first = 0;
  for (const TrainingSequence& sequence : sequences) {
    const size_t count = sequence.target_positions.size();
    TargetLogProbs targets = {log_probs.subspan(first, count), entropies.subspan(first, count), {}};
    if (settings.reference != nullptr)
      targets.reference_log_probs = absl::MakeConstSpan(reference_log_probs_).subspan(first, count);
    loss(sequence, targets, absl::MakeSpan(derivatives_).subspan(first, count));
    first += count;
  }
  outputs.log_probs.backward(
      at::from_blob(derivatives_.data(), {batch_.num_targets()}, at::kFloat));
}

void GradientPass::ScoreReference(const Settings& settings) {
  const model::PackedNetwork& reference = *settings.reference;
  hidden_.Reserve(batch_.num_rows() * reference.config().hidden_size);
  reference.Forward(batch_.rows(), /*layer_stride=*/0, reference_scratch_, hidden_.data());
  reference_log_probs_.resize(static_cast<size_t>(batch_.num_targets()));
  reference.LogProbs(hidden_.data(), batch_.target_rows(), batch_.targets(),
                     settings.inverse_temperature, reference_scratch_,
                     {.log_probs = reference_log_probs_.data()});
}

}  // namespace gyre::learner

// Forward and backward passes of a share, micro-batch by micro-batch: adds the gradient of a sum of
// token losses to the network's gradient. The only part of the trainer that touches ATen.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "learner/training_sequence.h"
#include "model/float_buffer.h"
#include "model/network.h"
#include "model/sequence_batch.h"
#include "model/training_network.h"

namespace gyre::learner {

// Of one sequence's targets, in order.
struct TargetLogProbs {
  absl::Span<const float> log_probs;  // under the network, at the pass's temperature
  absl::Span<const float> entropies;
  absl::Span<const float> reference_log_probs;  // empty without a reference
};

// Fills `derivatives` with d loss / d log_probs of one sequence, one a target.
using SequenceLoss =
    absl::FunctionRef<void(const TrainingSequence& sequence, const TargetLogProbs& targets,
                           absl::Span<float> derivatives)>;

class GradientPass {
 public:
  // `network` is borrowed.
  explicit GradientPass(model::TrainingNetwork& network);

  struct Settings {
    float inverse_temperature = 1.0f;
    int64_t micro_batch_tokens = 0;
    const model::PackedNetwork* reference = nullptr;  // or null
  };
  // Calls `loss` once for each sequence, in order. INTERNAL: ATen failed.
  // RESOURCE_EXHAUSTED: a micro-batch does not fit into memory.
  absl::Status Run(absl::Span<const TrainingSequence> sequences, const Settings& settings,
                   SequenceLoss loss);

 private:
  void RunMicroBatch(absl::Span<const TrainingSequence> sequences, const Settings& settings,
                     SequenceLoss loss);
  // Into reference_log_probs_, for the sequences in batch_.
  void ScoreReference(const Settings& settings);

  model::TrainingNetwork& network_;
  model::SequenceBatch batch_;
  model::ForwardScratch reference_scratch_;
  model::FloatBuffer hidden_;
  std::vector<float> reference_log_probs_;
  std::vector<float> derivatives_;
};

}  // namespace gyre::learner

// A sequence as the gradient pass takes it, of SFT and RL alike.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "learner/sft_example.h"
#include "proto/group.pb.h"
#include "proto/run_spec.pb.h"

namespace gyre::learner {

struct TrainingSequence {
  std::vector<int32_t> token_ids;
  std::vector<int32_t> target_positions;  // ascending, at least 1: the tokens that the loss covers

  // Of RL only.
  std::vector<float> behaviour_log_probs;  // one a target
  double advantage = 0;
  bool by_current_policy =
      false;  // every POLICY token was drawn from the trainer's present weights
};

// What a sequence must fit.
struct SequenceLimits {
  int64_t vocab_size = 0;
  int64_t max_tokens = 0;
};

// INVALID_ARGUMENT: no response, no prompt, too long, a token out of range.
absl::StatusOr<TrainingSequence> SequenceOf(const SftExample& example,
                                            const SequenceLimits& limits);

// Appends the scored samples of a group, with advantages among them; nothing if the group gives no
// gradient (totals().train_tokens() == 0). INVALID_ARGUMENT names the group: another temperature
// than the stage's, log-probs or totals missing, too long, a token out of range.
absl::Status AppendSequencesOf(const TrainGroup& group, const RlSpec& spec, const PolicyId& current,
                               const SequenceLimits& limits,
                               std::vector<TrainingSequence>& sequences);

// Cuts sequences, in order, into runs of about `tokens` tokens (one sequence at least); returns the
// end of each.
std::vector<size_t> CutIntoMicroBatches(absl::Span<const TrainingSequence> sequences,
                                        int64_t tokens);

}  // namespace gyre::learner

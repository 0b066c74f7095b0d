#include "model/probe.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/sequence_blocks.h"

namespace gyre::model {

absl::StatusOr<std::vector<float>> ScoreSequence(const PackedNetwork& network,
                                                 absl::Span<const int32_t> token_ids,
                                                 float inverse_temperature,
                                                 ForwardScratch& scratch) {
  const weights::ModelConfig& config = network.config();
  if (token_ids.empty()) return absl::InvalidArgumentError("a sequence to score is empty");
  if (static_cast<int64_t>(token_ids.size()) > config.max_positions) {
    return absl::InvalidArgumentError(absl::StrCat("a sequence to score has ", token_ids.size(),
                                                   " tokens, but the model has only ",
                                                   config.max_positions, " positions"));
  }
  for (const int32_t token : token_ids) {
    if (token < 0 || token >= config.vocab_size) {
      return absl::InvalidArgumentError(absl::StrCat("a sequence to score has token ", token,
                                                     ", but the vocabulary has only ",
                                                     config.vocab_size));
    }
  }
  std::vector<float> log_probs(token_ids.size() - 1);
  if (log_probs.empty()) return log_probs;

  const int64_t length = static_cast<int64_t>(log_probs.size());
  SequenceBlocks blocks(network.kv_layout().FloatsPerBlock());
  const std::vector<int64_t> lengths = {length};
  blocks.Resize(lengths);
  std::vector<NetworkRow> rows;
  std::vector<int32_t> chosen;
  for (int32_t i = 0; i < length; ++i) {
    rows.push_back({token_ids[static_cast<size_t>(i)], i, blocks.sequence(0)});
    chosen.push_back(i);
  }
  // The layers follow one another, so one layer's blocks serve them all.
  FloatBuffer hidden(length * config.hidden_size);
  network.Forward(rows, /*layer_stride=*/0, scratch, hidden.data());
  network.LogProbs(hidden.data(), chosen, token_ids.subspan(1), inverse_temperature, scratch,
                   {.log_probs = log_probs.data()});
  return log_probs;
}

absl::StatusOr<Probe> MakeProbe(const PackedNetwork& network,
                                absl::Span<const std::vector<int32_t>> sequences) {
  ForwardScratch scratch;
  Probe probe;
  for (const std::vector<int32_t>& token_ids : sequences) {
    GYRE_ASSIGN_OR_RETURN(const std::vector<float> log_probs,
                          ScoreSequence(network, token_ids, 1.0f, scratch));
    Probe::Sequence& sequence = *probe.add_sequences();
    sequence.mutable_token_ids()->Add(token_ids.begin(), token_ids.end());
    sequence.mutable_log_probs()->Add(log_probs.begin(), log_probs.end());
  }
  return probe;
}

absl::StatusOr<double> ProbeDifference(const PackedNetwork& network, const Probe& probe) {
  ForwardScratch scratch;
  double largest = 0;
  for (const Probe::Sequence& sequence : probe.sequences()) {
    GYRE_ASSIGN_OR_RETURN(const std::vector<float> log_probs,
                          ScoreSequence(network, sequence.token_ids(), 1.0f, scratch));
    if (static_cast<size_t>(sequence.log_probs_size()) != log_probs.size()) {
      return absl::InvalidArgumentError(absl::StrCat("a probe has ", sequence.token_ids_size(),
                                                     " tokens and ", sequence.log_probs_size(),
                                                     " log-probs; one fewer is right"));
    }
    for (int i = 0; i < sequence.log_probs_size(); ++i) {
      const double difference = std::abs(static_cast<double>(sequence.log_probs(i)) -
                                         static_cast<double>(log_probs[static_cast<size_t>(i)]));
      if (std::isnan(difference)) return difference;
      largest = std::max(largest, difference);
    }
  }
  return largest;
}

}  // namespace gyre::model

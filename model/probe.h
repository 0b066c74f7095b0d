// The probe of a policy (proto/policy.proto): a few sequences with log-probabilities at temperature
// 1, by which two holders of the same weights compare their forward passes.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/network.h"
#include "proto/policy.pb.h"

namespace gyre::model {

// log_probs[i] of token_ids[i + 1] given the tokens up to i, under softmax(logits ·
// inverse_temperature); one fewer than token_ids. INVALID_ARGUMENT: empty, longer than
// max_positions, or a token out of range.
absl::StatusOr<std::vector<float>> ScoreSequence(const PackedNetwork& network,
                                                 absl::Span<const int32_t> token_ids,
                                                 float inverse_temperature,
                                                 ForwardScratch& scratch);

absl::StatusOr<Probe> MakeProbe(const PackedNetwork& network,
                                absl::Span<const std::vector<int32_t>> sequences);

// The largest |Δ log-prob| between the probe's numbers and this network's; 0 for an empty probe.
// INVALID_ARGUMENT: a sequence that does not fit the network or has not one log-prob fewer than
// tokens.
absl::StatusOr<double> ProbeDifference(const PackedNetwork& network, const Probe& probe);

}  // namespace gyre::model

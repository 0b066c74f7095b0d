// Which rank trains what: pure functions, so that every rank computes the same answer without
// asking.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace gyre::learner {

// A group of a step as all ranks know it, in slot order (StepGroup of proto/coordinator.proto).
struct GroupCost {
  uint64_t train_tokens = 0;     // 0: gives no gradient, and nobody reads it
  uint64_t sequence_tokens = 0;  // the cost of training it
};

// shares[mini_batch][replica]: indices into the step's groups, ascending.
using GroupShares = std::vector<std::vector<std::vector<uint32_t>>>;

// Mini-batches are runs of slots, as even as can be in number (the first ones have one more);
// groups without train_tokens count for this and are then left out. Within a mini-batch each
// replica gets about the same cost: groups in order of falling cost (ties by index) go to the
// replica that has the least so far (ties to the lowest). replicas >= 1, mini_batches >= 1; a share
// may be empty.
GroupShares AssignShares(absl::Span<const GroupCost> groups, uint32_t replicas,
                         uint32_t mini_batches);

// Which examples of an SFT step each replica takes, by the same rule: shares[replica], ascending.
std::vector<std::vector<uint32_t>> AssignExamples(absl::Span<const uint64_t> example_tokens,
                                                  uint32_t replicas);

}  // namespace gyre::learner

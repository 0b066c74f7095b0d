// What an optimizer must keep besides the parameters, in pieces that say which rows of which tensor
// they belong to: so a checkpoint can be read by any number of ranks, however they cut the tensors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace gyre::learner {

// Rows first_row … first_row + num_rows - 1 of a tensor (a vector has rows of one float).
struct OptimizerShard {
  std::string tensor;  // Hugging Face's name
  int64_t first_row = 0;
  int64_t num_rows = 0;
  absl::Span<const float> first_moment;  // row-major
  absl::Span<const float> second_moment;
};

// Counts that go with the moments.
struct OptimizerCounts {
  uint64_t updates = 0;             // made since the stage began; skipped ones are not in it
  uint32_t nonfinite_in_a_row = 0;  // skipped at the end of what was done so far
  bool operator==(const OptimizerCounts&) const = default;
};

class OptimizerState {
 public:
  virtual ~OptimizerState() = default;

  virtual OptimizerCounts counts() const = 0;
  // Views of all that this rank holds, valid until the next update or import.
  virtual std::vector<OptimizerShard> Export() const = 0;
  // Replaces everything. INVALID_ARGUMENT names the tensor if a shard has an unknown name, a wrong
  // size or rows out of range, or if rows that this rank holds are missing; the state is then as
  // before. Rows that this rank does not hold are passed over.
  virtual absl::Status Import(const OptimizerCounts& counts,
                              absl::Span<const OptimizerShard> shards) = 0;
};

}  // namespace gyre::learner

// Cache blocks for whole sequences that are computed in one call (training, scoring): one block's
// memory per kBlockTokens tokens, used again by the next batch. The engine has a cache of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "model/float_buffer.h"

namespace gyre::model {

class SequenceBlocks {
 public:
  explicit SequenceBlocks(int64_t floats_per_block) : floats_per_block_(floats_per_block) {}

  // Room for sequences of these lengths in tokens. Voids what sequence() gave before.
  void Resize(absl::Span<const int64_t> lengths);

  // For NetworkRow::blocks.
  float* const* sequence(size_t index) const { return table_.data() + first_block_[index]; }

 private:
  int64_t floats_per_block_;
  FloatBuffer floats_;
  std::vector<float*> table_;
  std::vector<size_t> first_block_;
};

}  // namespace gyre::model

#include "model/sequence_blocks.h"

#include "kernels/kv_layout.h"

namespace gyre::model {

void SequenceBlocks::Resize(absl::Span<const int64_t> lengths) {
  first_block_.clear();
  size_t num_blocks = 0;
  for (const int64_t length : lengths) {
    first_block_.push_back(num_blocks);
    num_blocks += static_cast<size_t>(kernels::BlocksOf(length));
  }
  floats_.Reserve(static_cast<int64_t>(num_blocks) * floats_per_block_);
  table_.resize(num_blocks);
  for (size_t i = 0; i < num_blocks; ++i)
    table_[i] = floats_.data() + static_cast<int64_t>(i) * floats_per_block_;
}

}  // namespace gyre::model

// A micro-batch of whole sequences, packed one after the other without padding, for training and
// for log-probs of given tokens. Used again by Clear. Thread-compatible.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "kernels/kv_layout.h"
#include "model/network.h"
#include "model/sequence_blocks.h"

namespace gyre::model {

// The rows of one sequence.
struct RowRange {
  int64_t first_row = 0;
  int64_t num_rows = 0;
};

class SequenceBatch {
 public:
  explicit SequenceBatch(kernels::KvLayout kv_layout) : blocks_(kv_layout.FloatsPerBlock()) {}

  void Clear();

  // Adds a sequence of which the tokens at target_positions (ascending, each at least 1) are to be
  // predicted, each from the tokens before it. The tokens from the last target on need no row: they
  // predict nothing. target_positions may not be empty.
  void Add(absl::Span<const int32_t> token_ids, absl::Span<const int32_t> target_positions);

  // After the last Add, before the batch is used.
  void Finish();

  int64_t num_rows() const { return static_cast<int64_t>(rows_.size()); }
  int64_t num_targets() const { return static_cast<int64_t>(targets_.size()); }
  absl::Span<const NetworkRow> rows() const { return rows_; }
  absl::Span<const RowRange> sequences() const { return sequences_; }
  // Target i is predicted by row target_rows()[i], ascending.
  absl::Span<const int32_t> target_rows() const { return target_rows_; }
  absl::Span<const int32_t> targets() const { return targets_; }

 private:
  SequenceBlocks blocks_;
  std::vector<NetworkRow> rows_;
  std::vector<RowRange> sequences_;
  std::vector<int32_t> target_rows_;
  std::vector<int32_t> targets_;
};

}  // namespace gyre::model

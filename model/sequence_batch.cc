#include "model/sequence_batch.h"

#include "base/check.h"

namespace gyre::model {

void SequenceBatch::Clear() {
  rows_.clear();
  sequences_.clear();
  target_rows_.clear();
  targets_.clear();
}

void SequenceBatch::Add(absl::Span<const int32_t> token_ids,
                        absl::Span<const int32_t> target_positions) {
  GYRE_CHECK(!target_positions.empty(), "a sequence in a batch has something to predict");
  GYRE_CHECK(target_positions.front() >= 1, "the first token is predicted by nothing");
  const int64_t first_row = num_rows();
  for (const int32_t position : target_positions) {
    target_rows_.push_back(static_cast<int32_t>(first_row) + position - 1);
    targets_.push_back(token_ids[static_cast<size_t>(position)]);
  }
  for (int32_t position = 0; position < target_positions.back(); ++position)
    rows_.push_back({token_ids[static_cast<size_t>(position)], position, nullptr});
  sequences_.push_back({first_row, num_rows() - first_row});
}

void SequenceBatch::Finish() {
  std::vector<int64_t> lengths;
  for (const RowRange& sequence : sequences_) lengths.push_back(sequence.num_rows);
  blocks_.Resize(lengths);
  for (size_t i = 0; i < sequences_.size(); ++i) {
    for (int64_t row = 0; row < sequences_[i].num_rows; ++row)
      rows_[static_cast<size_t>(sequences_[i].first_row + row)].blocks = blocks_.sequence(i);
  }
}

}  // namespace gyre::model

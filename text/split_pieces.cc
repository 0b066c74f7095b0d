#include "text/split_pieces.h"

#include "base/status_macros.h"

namespace gyre::text {

absl::Status SplitPieces::Add(size_t end, bool is_delimiter) {
  const size_t begin = done_;
  if (!Extends(is_delimiter)) {
    GYRE_RETURN_IF_ERROR(Finish());
    if (!is_delimiter || behavior_ != SplitBehavior::kRemoved) held_begin_ = begin;
  }
  held_is_delimiter_ = is_delimiter;
  done_ = end;
  return absl::OkStatus();
}

bool SplitPieces::Extends(bool is_delimiter) const {
  if (!held_begin_.has_value()) return false;
  switch (behavior_) {
    case SplitBehavior::kRemoved:
    case SplitBehavior::kIsolated:
      return false;
    case SplitBehavior::kMergedWithPrevious:
      return is_delimiter && !held_is_delimiter_;
    case SplitBehavior::kMergedWithNext:
      return !is_delimiter && held_is_delimiter_;
    case SplitBehavior::kContiguous:
      return is_delimiter == held_is_delimiter_;
  }
  return false;
}

absl::Status SplitPieces::Finish() {
  if (!held_begin_.has_value()) return absl::OkStatus();
  const size_t begin = *held_begin_;
  held_begin_.reset();
  if (begin == done_) return absl::OkStatus();
  return visit_(text_.substr(begin, done_ - begin));
}

}  // namespace gyre::text

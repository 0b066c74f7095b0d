#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/pre_tokenizer.h"

namespace gyre::text {

// What becomes of a match, the delimiter, in pre-tokenizer "Split".
enum class SplitBehavior {
  kRemoved,             // it is left out
  kIsolated,            // it is a piece
  kMergedWithPrevious,  // it ends the piece in front of it, unless that is a match
  kMergedWithNext,      // it begins the piece behind it, unless that is a match
  kContiguous,          // matches that follow one another are one piece
};

// Takes the stretches of one text from left to right, each a delimiter or not, and visits the
// pieces that a SplitBehavior makes of them. For one text, on one thread.
class SplitPieces {
 public:
  SplitPieces(std::string_view text, SplitBehavior behavior, PreTokenizer::Visitor visit)
      : text_(text), behavior_(behavior), visit_(visit) {}

  // The next stretch, which ends at `end`; it may be empty. Returns the visitor's error.
  absl::Status Add(size_t end, bool is_delimiter);

  // Visits what is still held back.
  absl::Status Finish();

 private:
  bool Extends(bool is_delimiter) const;

  std::string_view text_;
  SplitBehavior behavior_;
  PreTokenizer::Visitor visit_;
  size_t done_ = 0;  // end of the last stretch
  // The piece that may still grow: [held_begin_, done_).
  std::optional<size_t> held_begin_;
  bool held_is_delimiter_ = false;
};

}  // namespace gyre::text

#include "text/sequence_pre_tokenizer.h"

namespace gyre::text {

absl::Status SequencePreTokenizer::ForEachPiece(std::string_view text, Visitor visit) const {
  return ForEachPieceFrom(0, text, visit);
}

absl::Status SequencePreTokenizer::ForEachPieceFrom(size_t step, std::string_view text,
                                                    Visitor visit) const {
  if (step == steps_.size()) return visit(text);
  return steps_[step]->ForEachPiece(
      text, [&](std::string_view piece) { return ForEachPieceFrom(step + 1, piece, visit); });
}

}  // namespace gyre::text

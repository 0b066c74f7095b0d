#include "text/split_pre_tokenizer.h"

#include "base/status_macros.h"

namespace gyre::text {

absl::Status SplitPreTokenizer::ForEachPiece(std::string_view text, Visitor visit) const {
  SplitPieces pieces(text, behavior_, visit);
  size_t done = 0;
  GYRE_RETURN_IF_ERROR(matcher_->ForEachMatch(text, [&](size_t begin, size_t end) {
    if (begin > done) GYRE_RETURN_IF_ERROR(pieces.Add(begin, invert_));
    done = end;
    return pieces.Add(end, !invert_);
  }));
  if (done < text.size()) GYRE_RETURN_IF_ERROR(pieces.Add(text.size(), invert_));
  return pieces.Finish();
}

}  // namespace gyre::text

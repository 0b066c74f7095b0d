#pragma once

#include <memory>
#include <utility>

#include "text/pre_tokenizer.h"
#include "text/split_pieces.h"
#include "text/text_matcher.h"

namespace gyre::text {

// Pre-tokenizer "Split": cuts at the matches of a pattern, or, inverted, at what lies between them.
class SplitPreTokenizer : public PreTokenizer {
 public:
  SplitPreTokenizer(std::unique_ptr<TextMatcher> matcher, SplitBehavior behavior, bool invert)
      : matcher_(std::move(matcher)), behavior_(behavior), invert_(invert) {}

  absl::Status ForEachPiece(std::string_view text, Visitor visit) const override;

 private:
  std::unique_ptr<TextMatcher> matcher_;
  SplitBehavior behavior_;
  bool invert_;
};

}  // namespace gyre::text

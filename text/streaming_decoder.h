#pragma once

#include <cstdint>
#include <string>

#include "text/tokenizer.h"

namespace gyre::text {

// Decodes tokens as they come. What Add and Finish return is, one after another, what
// Tokenizer::Decode makes of all the tokens. For one response, on one thread.
class StreamingDecoder {
 public:
  // `tokenizer` must outlive it.
  explicit StreamingDecoder(const Tokenizer& tokenizer,
                            SpecialTokens special = SpecialTokens::kKeep)
      : tokenizer_(tokenizer), special_(special) {}

  // The text that is certain now; always whole characters. A character whose bytes are not all
  // there is held back.
  std::string Add(int32_t token_id);

  // What was held back: U+FFFD, or nothing.
  std::string Finish();

 private:
  const Tokenizer& tokenizer_;
  SpecialTokens special_;
  std::string held_;  // the beginning of a character: at most 3 bytes
};

}  // namespace gyre::text

#pragma once

#include "text/pre_tokenizer.h"

namespace gyre::text {

// Pre-tokenizer "ByteLevel": cuts by GPT-2's pattern, if wanted. In the files it also writes each
// byte as a visible character; here pieces stay bytes, and the model knows what they are written as
// (byte_alphabet.h).
class ByteLevelPreTokenizer : public PreTokenizer {
 public:
  // `add_prefix_space`: a text that does not begin with a space is given one.
  ByteLevelPreTokenizer(bool add_prefix_space, bool use_regex)
      : add_prefix_space_(add_prefix_space), use_regex_(use_regex) {}

  absl::Status ForEachPiece(std::string_view text, Visitor visit) const override;

 private:
  bool add_prefix_space_;
  bool use_regex_;
};

}  // namespace gyre::text

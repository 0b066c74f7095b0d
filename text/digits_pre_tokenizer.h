#pragma once

#include "text/pre_tokenizer.h"

namespace gyre::text {

// Pre-tokenizer "Digits": cuts numbers from the text, each digit by itself or as they follow one
// another.
class DigitsPreTokenizer : public PreTokenizer {
 public:
  explicit DigitsPreTokenizer(bool individual_digits) : individual_digits_(individual_digits) {}

  absl::Status ForEachPiece(std::string_view text, Visitor visit) const override;

 private:
  bool individual_digits_;
};

}  // namespace gyre::text

#pragma once

#include "absl/status/statusor.h"
#include "text/pre_tokenizer.h"
#include "text/regex.h"

namespace gyre::text {

// Pre-tokenizer "Split" by a regular expression with behavior "Isolated": each match is a piece,
// and so is each stretch between matches.
class SplitPreTokenizer : public PreTokenizer {
 public:
  explicit SplitPreTokenizer(Regex regex) : regex_(std::move(regex)) {}

  absl::Status Split(std::string_view text, std::vector<std::string_view>* pieces) const override;

 private:
  Regex regex_;
};

}  // namespace gyre::text

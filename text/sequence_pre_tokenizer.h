#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "text/pre_tokenizer.h"

namespace gyre::text {

// Pre-tokenizer "Sequence": each step cuts the pieces of the one before.
class SequencePreTokenizer : public PreTokenizer {
 public:
  explicit SequencePreTokenizer(std::vector<std::unique_ptr<PreTokenizer>> steps)
      : steps_(std::move(steps)) {}

  absl::Status ForEachPiece(std::string_view text, Visitor visit) const override;

 private:
  absl::Status ForEachPieceFrom(size_t step, std::string_view text, Visitor visit) const;

  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

}  // namespace gyre::text

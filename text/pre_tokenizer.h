#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace gyre::text {

// Cuts text into the pieces that the model sees one by one. Immutable, thread-safe.
class PreTokenizer {
 public:
  // A piece is never empty. It lies in the text that was cut, or in a copy that ends with the visit
  // (where the pre-tokenizer put a space in front). An error ends the cutting.
  using Visitor = absl::FunctionRef<absl::Status(std::string_view piece)>;

  virtual ~PreTokenizer() = default;

  // Calls `visit` with the pieces of `text` (valid UTF-8, not empty) in order. Returns the
  // visitor's first error. RESOURCE_EXHAUSTED: a regular expression takes too long on this text.
  virtual absl::Status ForEachPiece(std::string_view text, Visitor visit) const = 0;
};

}  // namespace gyre::text

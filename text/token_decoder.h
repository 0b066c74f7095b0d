#pragma once

#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace gyre::text {

// The `decoder` of a tokenizer.json: tokens to text. Immutable, thread-safe.
class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;
  virtual std::string Decode(absl::Span<const std::string_view> tokens) const = 0;
};

}  // namespace gyre::text

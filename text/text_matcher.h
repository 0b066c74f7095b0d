#pragma once

#include <cstddef>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace gyre::text {

// Finds the places of a text where a pattern matches. Immutable, thread-safe.
class TextMatcher {
 public:
  // Bounds of a match in bytes; begin == end for an empty one. An error ends the search.
  using Visitor = absl::FunctionRef<absl::Status(size_t begin, size_t end)>;

  virtual ~TextMatcher() = default;

  // Calls `visit` with each match from left to right; matches may be empty and never overlap.
  // `text` must be valid UTF-8. Returns the visitor's first error. RESOURCE_EXHAUSTED: the pattern
  // takes too long on this text.
  virtual absl::Status ForEachMatch(std::string_view text, Visitor visit) const = 0;
};

}  // namespace gyre::text

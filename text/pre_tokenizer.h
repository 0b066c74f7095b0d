#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace gyre::text {

// Cuts text into the pieces that the model sees one by one. Immutable, thread-safe.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  // Appends the pieces of `text` (valid UTF-8) to `pieces`, none empty, in order; they point into
  // `text`.
  virtual absl::Status Split(std::string_view text,
                             std::vector<std::string_view>* pieces) const = 0;
};

}  // namespace gyre::text

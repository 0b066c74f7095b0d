#pragma once

#include <cstdint>

#include "absl/types/span.h"

namespace gyre::engine {

// Ends samples besides their end tokens and their length. Called by the engine's thread after each
// token, for any sample of any request that names it: a pure function of the tokens, and quick.
class StopCondition {
 public:
  virtual ~StopCondition() = default;

  // Whether a response of these tokens, all of which but the last did not end it, ends here.
  virtual bool Ends(absl::Span<const int32_t> tokens) const = 0;
};

}  // namespace gyre::engine

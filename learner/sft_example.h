// An example as token ids: what SFT trains on.
#pragma once

#include <cstdint>
#include <vector>

namespace gyre::learner {

struct SftExample {
  std::vector<int32_t> token_ids;  // prompt, then response with its end-of-sequence token
  uint32_t prompt_tokens = 0;      // at least 1; the loss covers the tokens after them
};

}  // namespace gyre::learner

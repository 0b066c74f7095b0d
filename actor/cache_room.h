#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/kv_layout.h"

namespace gyre::actor {

// What a group takes of the engine's cache, at most.
struct GroupShape {
  int64_t samples = 1;
  int64_t prompt_tokens = 0;    // 0: not known yet
  int64_t response_tokens = 0;  // at most

  // The prompt's blocks are shared; its last one, which the response goes on in, is not.
  int64_t PromptBlocks() const { return kernels::BlocksOf(prompt_tokens); }
  int64_t SampleBlocks() const { return kernels::BlocksOf(response_tokens) + 1; }
  int64_t GroupBlocks() const { return PromptBlocks() + samples * SampleBlocks(); }
};

// How many samples of further groups of this shape fit into `blocks` of the cache, the last group
// perhaps in part. Each group has a prompt of its own.
inline int64_t SamplesThatFit(const GroupShape& shape, int64_t blocks) {
  if (blocks <= 0) return 0;
  const int64_t whole = blocks / shape.GroupBlocks();
  const int64_t rest = std::max<int64_t>(0, blocks % shape.GroupBlocks() - shape.PromptBlocks());
  return whole * shape.samples + rest / shape.SampleBlocks();
}

}  // namespace gyre::actor

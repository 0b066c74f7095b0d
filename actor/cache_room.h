#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/kv_layout.h"

namespace gyre::actor {

// What samples of a group take of the engine's cache, at most.
struct SampleShape {
  int64_t prompt_tokens = 0;    // 0: not known yet
  int64_t response_tokens = 0;  // at most

  // The prompt's blocks are shared; its last one, which the response goes on in, is not.
  int64_t PromptBlocks() const { return Blocks(prompt_tokens); }
  int64_t SampleBlocks() const { return Blocks(response_tokens) + 1; }

 private:
  static int64_t Blocks(int64_t positions) {
    return (positions + kernels::kBlockTokens - 1) / kernels::kBlockTokens;
  }
};

// How many samples of one more group of this shape fit into `blocks` of the cache.
inline int64_t SamplesThatFit(const SampleShape& shape, int64_t blocks) {
  return std::max<int64_t>(0, blocks - shape.PromptBlocks()) / shape.SampleBlocks();
}

}  // namespace gyre::actor

#pragma once

#include <cstdint>

#include "kernels/kv_layout.h"

namespace gyre::engine {

// Blocks of the cache that so many positions fill.
inline int64_t BlocksOf(int64_t positions) {
  return (positions + kernels::kBlockTokens - 1) / kernels::kBlockTokens;
}

}  // namespace gyre::engine

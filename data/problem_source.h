#pragma once

#include <cstdint>

#include "proto/problem.pb.h"

namespace gyre::data {

// A fixed set of problems. Immutable, thread-safe, never blocks.
class ProblemSource {
 public:
  virtual ~ProblemSource() = default;

  // At least 1.
  virtual uint64_t size() const = 0;

  // Problem number `index` < size(). `draw` counts its uses from 0: a source may word it anew at
  // each (the id stays). A pure function of (the source's seed, index, draw).
  virtual Problem Get(uint64_t index, uint64_t draw) const = 0;
};

}  // namespace gyre::data

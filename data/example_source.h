#pragma once

#include <cstdint>

#include "proto/problem.pb.h"

namespace gyre::data {

// An endless sequence of examples. Immutable, thread-safe, never blocks.
class ExampleSource {
 public:
  virtual ~ExampleSource() = default;

  // A pure function of (the source's seed, index), for any index.
  virtual Example Get(uint64_t index) const = 0;
};

}  // namespace gyre::data

// Memory that comes and goes with every micro-batch (activations, gradients of activations) without
// going back to the system in between, which would cost a page fault every 4 KiB.
// Thread-compatible; leases may outlive the pool.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/float_buffer.h"

namespace gyre::model {

class BufferPool {
 public:
  // Uninitialised floats; they go back to the pool when the last copy of the pointer goes.
  std::shared_ptr<float> Take(int64_t floats);

 private:
  using FreeList = std::vector<FloatBuffer>;
  std::shared_ptr<FreeList> free_ = std::make_shared<FreeList>();
};

}  // namespace gyre::model

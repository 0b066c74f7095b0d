#include "model/buffer_pool.h"

#include <algorithm>

namespace gyre::model {

std::shared_ptr<float> BufferPool::Take(int64_t floats) {
  // The smallest that is large enough; else the largest, which grows. So there are never more
  // buffers than were once in use together.
  const auto better = [floats](const FloatBuffer& a, const FloatBuffer& b) {
    const bool a_fits = a.capacity() >= floats;
    const bool b_fits = b.capacity() >= floats;
    if (a_fits != b_fits) return a_fits;
    return a_fits ? a.capacity() < b.capacity() : a.capacity() > b.capacity();
  };
  FloatBuffer buffer;
  const auto best = std::min_element(free_->begin(), free_->end(), better);
  if (best != free_->end()) {
    buffer = std::move(*best);
    free_->erase(best);
  }
  buffer.Reserve(floats);

  struct Owner {
    FloatBuffer buffer;
    std::shared_ptr<FreeList> home;
    ~Owner() { home->push_back(std::move(buffer)); }
  };
  auto owner = std::make_shared<Owner>();
  owner->buffer = std::move(buffer);
  owner->home = free_;
  float* data = owner->buffer.data();
  return {std::move(owner), data};
}

}  // namespace gyre::model
